#include "cloud/sign_in.h"

#include <thread>

#include "cloud/sign_in_test.h"
#include "cloud/totp.h"

namespace yun::cloud {
namespace {

const Caller kCaller{"192.0.2.1:5000", "a browser"};

class SignInTest : public SignInPeople {
 protected:
  SignIn& sign_in() { return *sign_in_; }
  Result<NewSession> Try(std::string_view password, std::string_view code = {}, const Caller& caller = kCaller) {
    return sign_in().WithPassword("Ann@Example.com", password, code, caller);
  }
  /// An authenticator that holds the secret.
  std::string Code_(std::int64_t steps = 0) { return TotpCode(secret_, clock_.unix_ms() / kTotpStepMs + steps); }
  void SetUpTotp() {
    secret_ = sign_in().BeginTotp({}, ann_.id)->Reveal();
    ASSERT_OK(sign_in().ConfirmTotp({}, ann_.id, Code_()));
    clock_.Advance(kTotpStepMs);
  }

  std::string secret_;
};

TEST_P(SignInTest, PasswordMakesASession) {
  const auto made = Try(kPassword);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->session.person_id, ann_.id);
  EXPECT_EQ(made->session.method, "password");
  const auto session = sign_in().Check(made->token.Reveal(), kCaller);
  ASSERT_TRUE(session.has_value());
  EXPECT_EQ(session->id, made->session.id);
  ASSERT_EQ(sign_in().Sessions(ann_.id).size(), 1u);
  for (const std::string& wrong : {std::string(), made->session.id, made->token.Reveal() + "0", std::string(9999, 'x')})
    EXPECT_CODE(sign_in().Check(wrong, kCaller), Code::kUnauthenticated);
  ASSERT_OK(sign_in().SignOut(*session));
  EXPECT_CODE(sign_in().Check(made->token.Reveal(), kCaller), Code::kUnauthenticated);
}

TEST_P(SignInTest, AllFailuresSayTheSame) {
  const Person bare = MakeMember("bare@example.com", Role::kViewer);
  const auto a = Try("wrong password"), b = sign_in().WithPassword("nobody@example.com", kPassword, "", kCaller),
             c = sign_in().WithPassword("no address", kPassword, "", kCaller),
             d = sign_in().WithPassword(bare.email, "", "", kCaller), e = Try(std::string(1000, 'x'));
  for (const auto* result : {&a, &b, &c, &d, &e}) {
    ASSERT_FALSE(result->has_value());
    EXPECT_EQ(result->error().code, Code::kUnauthenticated);
    EXPECT_EQ(result->error().message, a.error().message);
  }
  EXPECT_EQ(directory().audit().List({.action = "session.refuse"})->size(), 5u);
  EXPECT_EQ(directory().audit().List({.action = "session.refuse", .target = ann_.id})->size(), 2u);
}

TEST_P(SignInTest, FailuresAreCountedAndForgotten) {
  for (int i = 0; i < kFailuresMax; ++i)
    EXPECT_CODE(Try("wrong", "", {fmt::format("198.51.100.{}", i), ""}), Code::kUnauthenticated);
  const auto blocked = Try(kPassword);
  EXPECT_CODE(blocked, Code::kTooMany);
  EXPECT_EQ(blocked.error().retry_after_s, kFailureWindowMs / 1000);
  clock_.SetUnix(clock_.unix_ms() + kFailureWindowMs);  // a step of the wall clock opens nothing
  EXPECT_CODE(Try(kPassword), Code::kTooMany);
  clock_.Advance(kFailureWindowMs);
  EXPECT_TRUE(Try(kPassword).has_value());
}

TEST_P(SignInTest, OneNetworkCannotTryEverybody) {
  for (int i = 0; i < kNetworkFailuresMax; ++i)
    EXPECT_CODE(sign_in().WithPassword(fmt::format("p{}@example.com", i), "wrong", "",
                                       {fmt::format("[2001:db8:1:2::{:x}]:443", i), ""}),
                Code::kUnauthenticated);
  EXPECT_CODE(Try(kPassword, "", {"2001:db8:1:2:ffff::1", ""}), Code::kTooMany);
  EXPECT_CODE(sign_in().WithLink("x", {"2001:db8:1:2::77", ""}), Code::kTooMany);
  EXPECT_TRUE(Try(kPassword, "", {"2001:db8:1:3::1", ""}).has_value());
}

TEST_P(SignInTest, SessionsEnd) {
  const std::string idle = Try(kPassword)->token.Reveal(), used = Try(kPassword)->token.Reveal();
  const SignInOptions defaults;
  std::int64_t passed = 0;
  for (; passed + defaults.session_idle_ms / 2 < defaults.session_ms; passed += defaults.session_idle_ms / 2) {
    clock_.Advance(defaults.session_idle_ms / 2);
    EXPECT_EQ(sign_in().Check(used, kCaller).has_value(), true) << passed;
    ASSERT_OK(store_->Flush());
  }
  EXPECT_CODE(sign_in().Check(idle, kCaller), Code::kUnauthenticated);
  clock_.Advance(defaults.session_ms - passed);
  EXPECT_CODE(sign_in().Check(used, kCaller), Code::kUnauthenticated);
}

TEST_P(SignInTest, SessionsEndWithThePersonAndThePassword) {
  const auto first = Try(kPassword), second = Try(kPassword);
  ASSERT_OK(sign_in().SetPassword({}, ann_.id, "another password", first->session.id));
  EXPECT_TRUE(sign_in().Check(first->token.Reveal(), kCaller).has_value());
  EXPECT_CODE(sign_in().Check(second->token.Reveal(), kCaller), Code::kUnauthenticated);
  EXPECT_CODE(Try(kPassword), Code::kUnauthenticated);
  Person person = *directory().FindPerson(ann_.id);
  person.status = Standing::kSuspended;
  ASSERT_OK(directory().UpdatePerson({}, person));
  EXPECT_CODE(sign_in().Check(first->token.Reveal(), kCaller), Code::kUnauthenticated);
  EXPECT_CODE(Try("another password"), Code::kUnauthenticated);
  person.status = Standing::kActive;
  ASSERT_OK(directory().UpdatePerson({}, person));
  EXPECT_CODE(sign_in().Check(first->token.Reveal(), kCaller), Code::kUnauthenticated) << "does not come back";
  const auto third = Try("another password");
  ASSERT_OK(sign_in().SignOutEverywhere({}, ann_.id));
  EXPECT_CODE(sign_in().Check(third->token.Reveal(), kCaller), Code::kUnauthenticated);
}

TEST_P(SignInTest, OnlySoManySessions) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i <= kSessionsOfPersonMax; ++i) {
    clock_.Advance(1);
    tokens.push_back(Try(kPassword)->token.Reveal());
  }
  EXPECT_CODE(sign_in().Check(tokens.front(), kCaller), Code::kUnauthenticated);
  EXPECT_TRUE(sign_in().Check(tokens[1], kCaller).has_value());
  EXPECT_EQ(sign_in().Sessions(ann_.id).size(), kSessionsOfPersonMax);
}

TEST_P(SignInTest, CsrfTokensBelongToASession) {
  const Session a = Try(kPassword)->session, b = Try(kPassword)->session;
  EXPECT_TRUE(sign_in().CsrfMatches(a, sign_in().CsrfToken(a)));
  EXPECT_FALSE(sign_in().CsrfMatches(a, sign_in().CsrfToken(b)));
  EXPECT_FALSE(sign_in().CsrfMatches(a, ""));
  EXPECT_NE(sign_in().CsrfToken(a), a.id);
}

TEST_P(SignInTest, ALinkIsGoodOnce) {
  const std::string old = sign_in().MakeLink({}, ann_.id)->Reveal(), link = sign_in().MakeLink({}, ann_.id)->Reveal();
  EXPECT_CODE(sign_in().WithLink(old, kCaller), Code::kUnauthenticated);
  const auto made = sign_in().WithLink(link, kCaller);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->session.method, "link");
  EXPECT_CODE(sign_in().WithLink(link, kCaller), Code::kUnauthenticated);
  const std::string late = sign_in().MakeLink({}, ann_.id)->Reveal();
  clock_.Advance(SignInOptions().link_ms);
  EXPECT_CODE(sign_in().WithLink(late, kCaller), Code::kUnauthenticated);
  EXPECT_CODE(sign_in().MakeLink({}, "usr_none"), Code::kNotFound);
}

TEST_P(SignInTest, TwoAtOnceCannotUseOneLink) {
  const std::string link = sign_in().MakeLink({}, ann_.id)->Reveal();
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] { good += sign_in().WithLink(link, kCaller).has_value(); });
  }
  EXPECT_EQ(good, 1);
}

TEST_P(SignInTest, SecondFactor) {
  SetUpTotp();
  EXPECT_TRUE(sign_in().HasTotp(ann_.id));
  const auto missing = Try(kPassword);
  EXPECT_CODE(missing, Code::kUnauthenticated);
  EXPECT_EQ(missing.error().message, SignIn::kCodeNeeded);
  EXPECT_NE(Try("wrong").error().message, SignIn::kCodeNeeded) << "says nothing before the password is right";
  EXPECT_CODE(Try(kPassword, "000000"), Code::kUnauthenticated);
  EXPECT_CODE(Try("wrong", Code_()), Code::kUnauthenticated);
  EXPECT_TRUE(Try(kPassword, Code_()).has_value());
  EXPECT_CODE(Try(kPassword, Code_()), Code::kUnauthenticated) << "a replay";
  EXPECT_CODE(Try(kPassword, Code_(-1)), Code::kUnauthenticated) << "an older one";
  clock_.Advance(kTotpStepMs);
  EXPECT_TRUE(Try(kPassword, Code_()).has_value());
  EXPECT_CODE(sign_in().BeginTotp({}, ann_.id), Code::kAlreadyExists);
  ASSERT_OK(sign_in().RemoveTotp({}, ann_.id));
  EXPECT_TRUE(Try(kPassword).has_value());
}

TEST_P(SignInTest, TwoAtOnceCannotUseOneCode) {
  SetUpTotp();
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&, i] { good += Try(kPassword, Code_(), {fmt::format("10.0.0.{}", i), ""}).has_value(); });
  }
  EXPECT_EQ(good, 1);
}

TEST_P(SignInTest, ASecondFactorCountsOnceItIsConfirmed) {
  secret_ = sign_in().BeginTotp({}, ann_.id)->Reveal();
  EXPECT_TRUE(Try(kPassword).has_value());
  EXPECT_FALSE(sign_in().HasTotp(ann_.id));
  for (int i = 0; i < kFailuresMax; ++i)
    EXPECT_CODE(sign_in().ConfirmTotp({}, ann_.id, "12345"), Code::kInvalidArgument);
  EXPECT_CODE(sign_in().ConfirmTotp({}, ann_.id, Code_()), Code::kTooMany);
  clock_.Advance(kFailureWindowMs);
  EXPECT_OK(sign_in().ConfirmTotp({}, ann_.id, Code_()));
  EXPECT_CODE(sign_in().ConfirmTotp({}, ann_.id, Code_(1)), Code::kInvalidArgument);
}

TEST_P(SignInTest, Identities) {
  const Identity known{"https://issuer", "subject", "ANN@example.com", true, "Ann"};
  Identity unverified = known, stranger = known, other_issuer = known;
  unverified.email_verified = false;
  stranger.email = "nobody@example.com";
  EXPECT_CODE(sign_in().WithIdentity(unverified, kCaller), Code::kUnauthenticated);
  EXPECT_CODE(sign_in().WithIdentity(stranger, kCaller), Code::kUnauthenticated);
  const auto made = sign_in().WithIdentity(known, kCaller);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->session.person_id, ann_.id);
  // From now on the subject counts, whatever the address has become.
  EXPECT_EQ(sign_in().WithIdentity(stranger, kCaller)->session.person_id, ann_.id);
  EXPECT_EQ(sign_in().WithIdentity(unverified, kCaller)->session.person_id, ann_.id);
  other_issuer.issuer = "https://other";
  other_issuer.email_verified = false;
  EXPECT_CODE(sign_in().WithIdentity(other_issuer, kCaller), Code::kUnauthenticated);
  Person person = *directory().FindPerson(ann_.id);
  person.status = Standing::kSuspended;
  ASSERT_OK(directory().UpdatePerson({}, person));
  EXPECT_CODE(sign_in().WithIdentity(known, kCaller), Code::kPermissionDenied);
}

TEST_P(SignInTest, WhoInvitedAnAddressIsOutWhenItsOwnerComes) {
  const Actor inviter{ann_.id, "", ""};
  const Person bo = *directory().MakePerson(inviter, {.email = "bo@example.com", .name = "Bo"});
  EXPECT_FALSE(*sign_in().HasProvenAddress(bo));
  EXPECT_TRUE(*sign_in().HasProvenAddress(ann_)) << "made by who runs the cloud";
  const auto session = sign_in().WithLink(sign_in().MakeLink(inviter, bo.id)->Reveal(), kCaller);
  ASSERT_TRUE(session.has_value()) << session.error().message;
  ASSERT_OK(sign_in().SetPassword({bo.id, "", ""}, bo.id, kPassword, session->session.id));
  const auto link = sign_in().MakeLink(inviter, bo.id);
  const auto own = sign_in().WithIdentity({"https://issuer", "bo", "bo@example.com", true, "Bo"}, kCaller);
  ASSERT_TRUE(own.has_value()) << own.error().message;
  EXPECT_TRUE(sign_in().Check(own->token.Reveal(), kCaller).has_value());
  EXPECT_CODE(sign_in().Check(session->token.Reveal(), kCaller), Code::kUnauthenticated);
  EXPECT_CODE(sign_in().WithPassword("bo@example.com", kPassword, "", kCaller), Code::kUnauthenticated);
  EXPECT_CODE(sign_in().WithLink(link->Reveal(), kCaller), Code::kUnauthenticated);
  EXPECT_TRUE(*sign_in().HasProvenAddress(bo));
  // What they set themselves stays, when they come by the provider again.
  ASSERT_OK(sign_in().SetPassword({bo.id, "", ""}, bo.id, kPassword, own->session.id));
  EXPECT_TRUE(sign_in().WithIdentity({"https://issuer", "bo", "bo@example.com", true, "Bo"}, kCaller).has_value());
  EXPECT_TRUE(sign_in().WithIdentity({"https://other", "bo", "bo@example.com", true, "Bo"}, kCaller).has_value());
  EXPECT_TRUE(sign_in().WithPassword("bo@example.com", kPassword, "", kCaller).has_value());
}

TEST_P(SignInTest, SettingAPasswordEndsOpenLinks) {
  const auto link = sign_in().MakeLink({}, ann_.id);
  ASSERT_OK(sign_in().SetPassword({}, ann_.id, "another password"));
  EXPECT_CODE(sign_in().WithLink(link->Reveal(), kCaller), Code::kUnauthenticated);
}

TEST_P(SignInTest, NoSecretIsStored) {
  SetUpTotp();
  const std::string token = Try(kPassword, Code_())->token.Reveal(), link = sign_in().MakeLink({}, ann_.id)->Reveal();
  const std::string all = Everything();
  EXPECT_NE(all.find("$argon2id$"), std::string::npos);
  for (const std::string& secret : {token, *ParseHex(token), link, *ParseHex(link), std::string(kPassword), secret_,
                                    Base32(secret_)})
    EXPECT_EQ(all.find(secret), std::string::npos);
}

TEST_P(SignInTest, PasswordsOfSomeLength) {
  EXPECT_CODE(sign_in().SetPassword({}, ann_.id, std::string(kPasswordBytesMin - 1, 'x')), Code::kInvalidArgument);
  EXPECT_CODE(sign_in().SetPassword({}, ann_.id, std::string(kPasswordBytesMax + 1, 'x')), Code::kInvalidArgument);
  EXPECT_OK(sign_in().SetPassword({}, ann_.id, std::string(kPasswordBytesMax, 'x')));
  EXPECT_TRUE(Try(std::string(kPasswordBytesMax, 'x')).has_value());
  EXPECT_CODE(sign_in().SetPassword({}, "usr_none", kPassword), Code::kNotFound);
  EXPECT_CODE(sign_in().SetPassword({}, directory().People()[0].id, kPassword), Code::kInvalidArgument) << "no address";
}

TEST_P(SignInTest, ThePasswordIsAskedForAgain) {
  EXPECT_OK(sign_in().CheckPassword(ann_.id, kPassword, kCaller));
  for (int i = 0; i < kFailuresMax; ++i)
    EXPECT_CODE(sign_in().CheckPassword(ann_.id, "wrong", kCaller), Code::kPermissionDenied);
  EXPECT_CODE(sign_in().CheckPassword(ann_.id, kPassword, kCaller), Code::kTooMany);
}

TEST_P(SignInTest, WhatAClientSaysOfItselfIsMadeFit) {
  const auto made = Try(kPassword, "", {"192.0.2.1", "x\xff\n" + std::string(5000, 'y')});
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->session.user_agent.substr(0, 3), "x??");
  EXPECT_LE(made->session.user_agent.size(), 200u);
}

YUN_ON_EACH_DATABASE(SignInTest);

}  // namespace
}  // namespace yun::cloud
