// memory: what the counting of a job's memory costs. The same loops run in three places: in a program of their own
// (-DALONE: plain glibc), in a process whose counting is off, and in a job.
#include <bulkhead/bulkhead.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

BH_MANIFEST({
  "id": "memory",
  "version": "1.0.0",
  "title": "Cost of counted memory",
  "abi": {"built": 1, "min_host": 1},
  "actions": [
    {"name": "work", "kind": "action", "repeat": "idempotent",
     "parameters": {"type": "object", "properties": {}},
     "result": {"type": "object"}}
  ]
});

namespace {
// The same numbers in each place.
struct Random {
  std::uint64_t state = 88172645463325252u;
  std::uint64_t below(std::uint64_t limit) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
  }
};

// Blocks of random sizes that live for a random while: a window of 1,000 of them.
void blocks(std::size_t least, std::size_t most, int count) {
  Random random;
  std::vector<void *> held(1000);
  for (int i = 0; i < count; i++) {
    void *&place = held[random.below(held.size())];
    std::free(place);
    std::size_t size = least + random.below(most - least + 1);
    place = std::malloc(size);
    if (place == nullptr) std::abort();
    *static_cast<volatile char *>(place) = 1;
  }
  for (void *block : held) std::free(block);
}

// A map of strings that grows, is looked into and shrinks.
void map(int count) {
  Random random;
  std::map<std::string, std::string> names;
  for (int i = 0; i < count; i++) {
    std::string key = "server-" + std::to_string(random.below(5000)) + ".example.org";
    if (random.below(2) == 0) names[key] = "10.0.0." + std::to_string(random.below(256)) + ", a rack in the cellar";
    else names.erase(key);
  }
}

// A document read into a tree and thrown away, as a JSON library does it.
struct Node {
  std::string name, text;
  std::vector<std::unique_ptr<Node>> children;
};

std::unique_ptr<Node> parse(const char *&at) {
  auto node = std::make_unique<Node>();
  while (*at != 0 && *at != '}') {
    if (*at == '"') {
      const char *end = std::strchr(at + 1, '"');
      (node->name.empty() ? node->name : node->text).assign(at + 1, end);
      at = end + 1;
    } else if (*at == '{') {
      at++;
      node->children.push_back(parse(at));
      at++;
    } else {
      at++;
    }
  }
  return node;
}

void document(int count) {
  static const char text[] =
    R"({"server":"one"{"address":"10.0.0.1 and some more of it"}{"disks":"two of them, quite large"{"size":"100 GiB"}{"size":"20 GiB"}}})"
    R"({"server":"two"{"address":"10.0.0.2 and some more of it"}{"disks":"three of them, quite small"{"size":"1 GiB"}{"size":"2 GiB"}}})";
  for (int i = 0; i < count; i++) {
    const char *at = text;
    parse(at);
  }
}

template <typename Body> double nanoseconds(int count, Body body) {
  body(count / 10);
  auto began = std::chrono::steady_clock::now();
  body(count);
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count() / count;
}
}  // namespace

// All of it as one JSON object.
extern "C" __attribute__((visibility("default"))) void memory_work(char *json, std::size_t size) {
  std::snprintf(
    json, size, R"({"random_16_512_ns":%.3f,"from_4k_ns":%.3f,"map_ns":%.3f,"document_ns":%.3f})",
    nanoseconds(1000000, [](int n) { blocks(16, 512, n); }),
    nanoseconds(200000, [](int n) { blocks(4096, 65536, n); }), nanoseconds(300000, map),
    nanoseconds(20000, document));
}

#ifdef ALONE
int main() {
  char json[400];
  memory_work(json, sizeof json);
  std::puts(json);
}
#else
static int32_t work(bh_ctx *ctx) {
  char json[400];
  memory_work(json, sizeof json);
  return bh_result_json(ctx, json);
}

static const bh_action actions[] = {BH_ACTION("work", work)};
BH_PLUGIN(actions)
#endif
