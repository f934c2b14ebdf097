// A cloud of people of whom one, Ann, has a password.
#pragma once
#include <memory>

#include "cloud/people_test.h"
#include "cloud/sign_in.h"

namespace yun::cloud {

inline constexpr const char* kPassword = "correct horse battery";

class SignInPeople : public People {
 protected:
  void SetUp() override {
    People::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(directory().MakeFirst().has_value());
    clock_.Advance(1);
    // As little work as argon2id takes: these tests are not about how slow a guess is.
    sign_in_ = std::make_unique<SignIn>(
        *store_, directory(), SignInOptions{.password_operations = 1, .password_memory_bytes = 8192});
    ann_ = MakeMember("ann@example.com", Role::kAdmin);
    ASSERT_OK(sign_in_->SetPassword({}, ann_.id, kPassword));
  }

  std::unique_ptr<SignIn> sign_in_;
  Person ann_;
};

}  // namespace yun::cloud
