/* Memory of the run for the standard library's containers. See bulkhead.hpp. */
#ifndef BULKHEAD_MEMORY_HPP
#define BULKHEAD_MEMORY_HPP

#include <bulkhead/bulkhead.h>

#include "context.hpp"

#include <cstddef>
#include <limits>
#include <new>

#if __has_include(<memory_resource>)
#include <memory_resource>
#endif

namespace bulkhead {

/** An allocator whose memory the host frees when the run ends, however it ends: also after a crash or where a
 *  destructor was not reached. `std::vector<char, bulkhead::allocator<char>> buffer(1 << 20, ctx);`
 *  A refused allocation is std::bad_alloc. The container must not outlive the run.
 *  @thread any of the run @blocking no @cancelpoint no @owner ctx @since 1 */
template <class T>
class allocator {
 public:
  using value_type = T;

  allocator(const context &ctx) noexcept : raw_(ctx.raw()) {} /* not explicit: containers take it as it is */
  template <class U>
  allocator(const allocator<U> &other) noexcept : raw_(other.raw()) {}

  T *allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) throw std::bad_array_new_length();
    void *block = raw_->host->alloc(raw_, count == 0 ? 1 : count * sizeof(T), alignof(T));
    if (block == nullptr) throw std::bad_alloc();
    return static_cast<T *>(block);
  }
  void deallocate(T *block, std::size_t) noexcept { bh_free(raw_, block); }

  bh_ctx *raw() const noexcept { return raw_; }

 private:
  bh_ctx *raw_;
};

template <class T, class U>
bool operator==(const allocator<T> &left, const allocator<U> &right) noexcept {
  return left.raw() == right.raw();
}
template <class T, class U>
bool operator!=(const allocator<T> &left, const allocator<U> &right) noexcept {
  return !(left == right);
}

#ifdef __cpp_lib_memory_resource

/** The same for `std::pmr` containers: `bulkhead::memory_resource memory(ctx); std::pmr::string text(&memory);`
 *  @thread any of the run @blocking no @cancelpoint no @owner ctx @since 1 */
class memory_resource final : public std::pmr::memory_resource {
 public:
  explicit memory_resource(const context &ctx) noexcept : raw_(ctx.raw()) {}

 private:
  void *do_allocate(std::size_t bytes, std::size_t alignment) override {
    void *block = raw_->host->alloc(raw_, bytes == 0 ? 1 : bytes, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  void do_deallocate(void *block, std::size_t, std::size_t) override { bh_free(raw_, block); }
  bool do_is_equal(const std::pmr::memory_resource &other) const noexcept override { return this == &other; }

  bh_ctx *raw_;
};

#endif

}  // namespace bulkhead

#endif
