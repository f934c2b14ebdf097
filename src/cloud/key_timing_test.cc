// How long the check of a key takes says nothing of how much of it was right. Counted in instructions, which no other
// process disturbs: a forked child runs the check one instruction at a time.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>

#include "cloud/people_test.h"
#include "cloud/random.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define YUN_SANITIZED 1
#endif

namespace yun::cloud {
namespace {

/// Instructions of `f` and of the two signals around it; -1 where a process may not trace its child.
long InstructionsOf(const std::function<void()>& f) {
  f();  // binds symbols, fills caches
  const pid_t child = ::fork();
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
    ::raise(SIGSTOP);
    f();
    ::raise(SIGUSR1);
    ::_exit(0);
  }
  long count = -1;
  int status = 0;
  if (child > 0 && ::waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    for (count = 0; ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0; ++count) {
      if (::waitpid(child, &status, 0) != child || !WIFSTOPPED(status) || WSTOPSIG(status) == SIGUSR1) break;
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  return count;
}

/// `right` with its character at `i` changed.
std::string WrongAt(std::string right, std::size_t i) {
  right[i] = right[i] == '0' ? '1' : '0';
  return right;
}

constexpr std::size_t kStep = 6;

/// The difference between the dearest and the cheapest of the calls with right beginnings of all lengths, in kStep.
long Spread(const std::string& right, const std::function<void(const std::string&)>& check) {
  long least = 0, most = 0;
  for (std::size_t i = 0; i < right.size(); i += kStep) {
    const std::string wrong = WrongAt(right, i);
    const long count = InstructionsOf([&] { check(wrong); });
    least = i == 0 ? count : std::min(least, count);
    most = std::max(most, count);
  }
  return most - least;
}

class KeyTiming : public People {
 protected:
  void SetUp() override {
    People::SetUp();
#if !defined(__x86_64__) || defined(YUN_SANITIZED)
    GTEST_SKIP() << "instructions are counted where the program is the processor's own";
#endif
    if (InstructionsOf([] {}) < 0) GTEST_SKIP() << "this process may not trace its child";
  }
  const std::string right_ = "sk-" + std::string(32, 'a') + std::string(32, '7');
};

TEST_P(KeyTiming, TheCounterSeesAComparisonThatEndsEarly) {
  EXPECT_GT(Spread(right_, [&](const std::string& wrong) {
    volatile std::size_t i = 0;
    while (i < wrong.size() && wrong[i] == right_[i]) i = i + 1;
  }), 64);
}

TEST_P(KeyTiming, OfComparingSecrets) {
  EXPECT_EQ(Spread(right_, [&](const std::string& wrong) { SameSecret(right_, wrong); }), 0);
}

TEST_P(KeyTiming, OfVerifyingKeys) {
  ASSERT_TRUE(directory().MakeFirst().has_value());
  const std::string right = MakeKeyOf(directory().People()[0]).secret.Reveal();
  ASSERT_NE(directory().Verify(right), nullptr);
  // The search compares keyed hashes, whose bits nobody can choose: a few instructions more or less, by chance.
  EXPECT_LE(Spread(right, [&](const std::string& wrong) { directory().Verify(wrong); }), 32);
}

// Keys are read from memory: the database makes no difference.
INSTANTIATE_TEST_SUITE_P(Sqlite, KeyTiming, testing::Values("sqlite"));

}  // namespace
}  // namespace yun::cloud
