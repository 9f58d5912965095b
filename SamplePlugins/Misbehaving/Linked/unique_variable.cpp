/* Has a variable of which the process keeps only one, whichever version made it. Rule: elf.unique.
 *
 * Flags: -fvisibility=default
 */
#include "../include/fixture.h"

FIXTURE("unique-variable", "", "");

template <class T>
struct Counter {
  static int value;
};
template <class T>
int Counter<T>::value = 1;

int count();
int count() { return Counter<int>::value++; }

FIXTURE_NOTHING
FIXTURE_PLUGIN
