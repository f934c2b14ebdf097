// CHECK is for bugs: a broken promise between two pieces of our own code. Outside input never reaches one.
#pragma once

namespace yun {
[[noreturn]] void CheckFailed(const char* file, int line, const char* what);
}

#define CHECK(cond) ((cond) ? (void)0 : ::yun::CheckFailed(__FILE__, __LINE__, #cond))
#ifdef NDEBUG
#define DCHECK(cond) ((void)0)
#else
#define DCHECK(cond) CHECK(cond)
#endif
