#include "cloud/directory.h"

#include <sys/stat.h>

#include <set>
#include <thread>

#include "base/file.h"
#include "cloud/people_test.h"

namespace yun::cloud {
namespace {

namespace fs = std::filesystem;

class DirectoryTest : public People {
 protected:
  void SetUp() override {
    People::SetUp();
    if (IsSkipped()) return;
    auto first = directory().MakeFirst();
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_TRUE(first->made);
    first_ = *first;
    clock_.Advance(1);
  }
  Person owner() { return *directory().FindPerson(first_.person_id); }
  Directory::FirstStart first_;
};

TEST_P(DirectoryTest, FirstStart) {
  ASSERT_EQ(directory().Accounts().size(), 1u);
  EXPECT_EQ(directory().Accounts()[0].name, "Default");
  EXPECT_EQ(directory().Accounts()[0].currency, "CNY");
  ASSERT_EQ(directory().Workspaces().size(), 1u);
  EXPECT_EQ(directory().Workspaces()[0].id, first_.workspace_id);
  EXPECT_TRUE(owner().is_operator);
  EXPECT_EQ(directory().FindMember(first_.workspace_id, first_.person_id)->role, Role::kOwner);
  const auto again = directory().MakeFirst();
  EXPECT_FALSE(again->made);
  EXPECT_EQ(directory().People().size(), 1u);
  const auto log = directory().audit().List({});
  ASSERT_EQ(log->size(), 1u);
  EXPECT_EQ((*log)[0].entry.action, "cloud.create");
}

TEST_P(DirectoryTest, KeysAreKnownAgainAfterARestart) {
  const MadeKey made = MakeKeyOf(owner(), {.models = {"qwen*"}, .ip_ranges = {"10.0.0.0/8"}});
  const std::string secret = made.secret.Reveal();
  EXPECT_EQ(secret.size(), 3 + 64u);
  EXPECT_EQ(secret.substr(0, 3), "sk-");
  EXPECT_EQ(made.key.hint, secret.substr(0, 7));
  for (int round = 0; round < 2; ++round) {
    const auto principal = directory().Verify(secret);
    ASSERT_NE(principal, nullptr);
    EXPECT_EQ(principal->key.id, made.key.id);
    EXPECT_EQ(principal->workspace.id, first_.workspace_id);
    EXPECT_EQ(principal->account.name, "Default");
    EXPECT_EQ(principal->person.id, first_.person_id);
    EXPECT_EQ(principal->role, Role::kOwner);
    EXPECT_TRUE(principal->AllowsModel("qwen3:0.6b"));
    EXPECT_FALSE(principal->AllowsModel("llama"));
    EXPECT_TRUE(principal->AllowsIp("10.1.2.3:1"));
    EXPECT_FALSE(principal->AllowsIp("11.1.2.3:1"));
    EXPECT_FALSE(principal->AllowsIp("nonsense"));
    Reopen();
  }
}

TEST_P(DirectoryTest, NothingElseIsAKey) {
  const std::string key = MakeKeyOf(owner()).secret.Reveal();
  std::string changed = key, shouted = key;
  changed.back() = changed.back() == '0' ? '1' : '0';
  shouted[0] = 'S';
  for (const std::string& wrong :
       {std::string(), std::string("sk-"), changed, shouted, key + "0", key.substr(0, key.size() - 1), " " + key,
        key + std::string(1, '\0'), std::string(100000, 'x'), MakeKeyOf(owner()).key.id})
    EXPECT_EQ(directory().Verify(wrong), nullptr) << wrong.substr(0, 80);
}

TEST_P(DirectoryTest, NoSecretIsStored) {
  const MadeKey made = MakeKeyOf(owner());
  const MadeKey rotated = *directory().RotateKey({}, made.key.id, 0);
  const std::string all = Everything();
  EXPECT_NE(all.find(made.key.id), std::string::npos);
  EXPECT_EQ(all.find(made.secret.Reveal().substr(8)), std::string::npos);
  EXPECT_EQ(all.find(rotated.secret.Reveal().substr(8)), std::string::npos);
  struct stat st{};
  ASSERT_EQ(::stat((home_ / "server.key").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
}

TEST_P(DirectoryTest, KeysExpireAreRevokedAndRotateWithOverlap) {
  const MadeKey brief = MakeKeyOf(owner(), {}, clock_.unix_ms() + 1000);
  const MadeKey old = MakeKeyOf(owner(), {.models = {"a"}}), gone = MakeKeyOf(owner());
  const auto good = [&](const MadeKey& key) { return directory().Verify(key.secret.Reveal()) != nullptr; };
  EXPECT_TRUE(good(brief) && good(old) && good(gone));
  ASSERT_OK(directory().RevokeKey({}, gone.key.id));
  EXPECT_FALSE(good(gone));
  EXPECT_OK(directory().RevokeKey({}, gone.key.id));
  EXPECT_CODE(directory().UpdateKey({}, gone.key), Code::kInvalidArgument);
  EXPECT_CODE(directory().RotateKey({}, gone.key.id, 0), Code::kInvalidArgument);
  const auto fresh = directory().RotateKey({}, old.key.id, 5000);
  ASSERT_TRUE(fresh.has_value());
  EXPECT_NE(fresh->secret.Reveal(), old.secret.Reveal());
  EXPECT_EQ(fresh->key.id, old.key.id) << "its limits and budgets are known by it";
  EXPECT_EQ(fresh->key.scopes.models, old.key.scopes.models);
  EXPECT_EQ(directory().Verify(old.secret.Reveal())->key.id, old.key.id);
  clock_.Advance(999);
  EXPECT_TRUE(good(brief) && good(old) && good(*fresh));
  clock_.Advance(1);
  EXPECT_FALSE(good(brief));
  Reopen();
  clock_.Advance(3999);
  EXPECT_TRUE(good(old));
  clock_.Advance(1);
  EXPECT_FALSE(good(old));
  EXPECT_TRUE(good(*fresh));
  const auto third = directory().RotateKey({}, fresh->key.id, 5000);
  EXPECT_TRUE(good(*fresh) && good(*third));
  const auto fourth = directory().RotateKey({}, fresh->key.id, 5000);
  EXPECT_FALSE(good(*fresh)) << "of two overlaps the later one counts";
  EXPECT_TRUE(good(*third) && good(*fourth));
  const auto last = directory().RotateKey({}, fresh->key.id, 0);
  EXPECT_FALSE(good(*third) || good(*fourth));
  Reopen();
  EXPECT_FALSE(good(*fourth) || good(*third) || good(*fresh) || good(old) || good(gone) || good(brief));
  EXPECT_TRUE(good(*last));
  EXPECT_EQ(directory().Keys(directory().Workspaces()[0].id).size(), 3u);
  EXPECT_CODE(directory().RotateKey({}, last->key.id, -1), Code::kInvalidArgument);
  EXPECT_CODE(directory().RotateKey({}, last->key.id, kRotationOverlapMsMax + 1), Code::kInvalidArgument);
  EXPECT_CODE(directory().RotateKey({}, "key_none", 0), Code::kNotFound);
}

// An overlap must not make a key live longer than it would have.
TEST_P(DirectoryTest, RotationDoesNotPutOffAnExpiry) {
  const MadeKey old = MakeKeyOf(owner(), {}, clock_.unix_ms() + 1000);
  ASSERT_TRUE(directory().RotateKey({}, old.key.id, 100000).has_value());
  clock_.Advance(1000);
  EXPECT_EQ(directory().Verify(old.secret.Reveal()), nullptr);
}

TEST_P(DirectoryTest, BothSecretsOfARotatedKeyAreRevoked) {
  const MadeKey old = MakeKeyOf(owner());
  const auto fresh = directory().RotateKey({}, old.key.id, 100000);
  ASSERT_OK(directory().RevokeKey({}, old.key.id));
  for (int i = 0; i < 2; ++i, Reopen()) {
    EXPECT_EQ(directory().Verify(old.secret.Reveal()), nullptr);
    EXPECT_EQ(directory().Verify(fresh->secret.Reveal()), nullptr);
  }
}

TEST_P(DirectoryTest, KeysDieWithTheirMember) {
  const Person dev = MakeMember("dev@example.com", Role::kDeveloper);
  const MadeKey key = MakeKeyOf(dev);
  ASSERT_NE(directory().Verify(key.secret.Reveal()), nullptr);
  ASSERT_OK(directory().SetMember({}, first_.workspace_id, dev.id, Role::kViewer));
  EXPECT_EQ(directory().Verify(key.secret.Reveal())->role, Role::kViewer) << "the key follows the role";
  ASSERT_OK(directory().RemoveMember({}, first_.workspace_id, dev.id));
  EXPECT_EQ(directory().Verify(key.secret.Reveal()), nullptr);
  ASSERT_OK(directory().SetMember({}, first_.workspace_id, dev.id, Role::kDeveloper));
  EXPECT_EQ(directory().Verify(key.secret.Reveal()), nullptr) << "who comes back makes new keys";
  Reopen();
  EXPECT_EQ(directory().Verify(key.secret.Reveal()), nullptr);
  EXPECT_NE(directory().FindKey(key.key.id)->revoked_ms, 0);
}

TEST_P(DirectoryTest, ADeadKeyIsNotCalledSuspended) {
  const Person dev = MakeMember("dev@example.com", Role::kDeveloper);
  const MadeKey revoked = MakeKeyOf(dev), short_lived = MakeKeyOf(dev, {}, clock_.unix_ms() + 1000);
  ASSERT_OK(directory().RevokeKey({}, revoked.key.id));
  Account account = directory().Accounts()[0];
  account.status = Standing::kSuspended;
  ASSERT_OK(directory().UpdateAccount({}, account));
  EXPECT_FALSE(directory().WhySuspended(revoked.secret.Reveal()));
  EXPECT_TRUE(directory().WhySuspended(short_lived.secret.Reveal()));
  clock_.Advance(1000);
  EXPECT_FALSE(directory().WhySuspended(short_lived.secret.Reveal()));
  account.status = Standing::kClosed;
  const MadeKey other = MakeKeyOf(dev);
  ASSERT_OK(directory().UpdateAccount({}, account));
  EXPECT_FALSE(directory().WhySuspended(other.secret.Reveal()));
}

TEST_P(DirectoryTest, NothingWorksWhereSomethingIsSuspended) {
  const Person dev = MakeMember("dev@example.com", Role::kDeveloper);
  const std::string secret = MakeKeyOf(dev).secret.Reveal();
  const auto good = [&] { return directory().Verify(secret) != nullptr; };
  using Of = Suspension::Of;
  const auto why = [&]() -> std::optional<Of> {
    const auto suspension = directory().WhySuspended(secret);
    return suspension ? std::optional(suspension->of) : std::nullopt;
  };
  EXPECT_EQ(why(), std::nullopt);
  for (const bool reopen : {false, true}) {
    Account account = directory().Accounts()[0];
    Workspace workspace = directory().Workspaces()[0];
    Person person = *directory().FindPerson(dev.id);
    account.status = Standing::kSuspended;
    ASSERT_OK(directory().UpdateAccount({}, account));
    if (reopen) Reopen();
    EXPECT_FALSE(good());
    EXPECT_EQ(why(), Of::kAccount);
    EXPECT_EQ(directory().WhySuspended(secret)->name, account.name);
    account.status = Standing::kActive;
    ASSERT_OK(directory().UpdateAccount({}, account));
    EXPECT_TRUE(good());
    workspace.status = Standing::kSuspended;
    ASSERT_OK(directory().UpdateWorkspace({}, workspace));
    if (reopen) Reopen();
    EXPECT_FALSE(good());
    EXPECT_EQ(why(), Of::kWorkspace);
    for (std::string near : {secret.substr(1), secret.substr(0, secret.size() - 1), secret + "0", std::string()})
      EXPECT_FALSE(directory().WhySuspended(near)) << "strangers learn nothing";
    EXPECT_TRUE(directory().PrincipalOf(dev.id, workspace.id).has_value()) << "everything can be seen";
    workspace.status = Standing::kActive;
    ASSERT_OK(directory().UpdateWorkspace({}, workspace));
    EXPECT_TRUE(good());
    person.status = Standing::kSuspended;
    ASSERT_OK(directory().UpdatePerson({}, person));
    if (reopen) Reopen();
    EXPECT_FALSE(good());
    EXPECT_EQ(why(), Of::kPerson);
    EXPECT_CODE(directory().PrincipalOf(dev.id, workspace.id), Code::kNotFound);
    person.status = Standing::kActive;
    ASSERT_OK(directory().UpdatePerson({}, person));
    EXPECT_TRUE(good());
  }
  Person person = *directory().FindPerson(dev.id);
  person.status = Standing::kClosed;
  ASSERT_OK(directory().UpdatePerson({}, person));
  person.status = Standing::kActive;
  ASSERT_OK(directory().UpdatePerson({}, person));
  EXPECT_FALSE(good()) << "a closed person's keys are gone for good";
}

TEST_P(DirectoryTest, ScopesOfAKey) {
  const auto principal = directory().Verify(MakeKeyOf(owner()).secret.Reveal());
  EXPECT_TRUE(principal->AllowsEndpoint("chat"));
  EXPECT_FALSE(principal->AllowsEndpoint("admin")) << "must be named";
  EXPECT_TRUE(principal->AllowsModel("any") && principal->AllowsApp("any") && principal->AllowsIp("::1"));
  const auto admin =
      directory().Verify(MakeKeyOf(owner(), {.endpoints = {"admin"}, .apps = {"help*"}}).secret.Reveal());
  EXPECT_TRUE(admin->AllowsEndpoint("admin"));
  EXPECT_FALSE(admin->AllowsEndpoint("chat"));
  EXPECT_FALSE(admin->AllowsApp("other"));
  EXPECT_TRUE(directory().PrincipalOf(first_.person_id, first_.workspace_id).value()->AllowsEndpoint("admin"));
}

TEST_P(DirectoryTest, RightsOfPrincipals) {
  const Person viewer = MakeMember("v@example.com", Role::kViewer);
  const Workspace other =
      *directory().MakeWorkspace({}, {.account_id = directory().Accounts()[0].id, .name = "other"}, "");
  EXPECT_CODE(directory().PrincipalOf(viewer.id, other.id), Code::kPermissionDenied);
  EXPECT_CODE(directory().PrincipalOf("usr_none", other.id), Code::kNotFound);
  EXPECT_CODE(directory().PrincipalOf(viewer.id, "ws_none"), Code::kNotFound);
  const auto seen = directory().PrincipalOf(viewer.id, first_.workspace_id).value();
  EXPECT_TRUE(seen->May(Right::kSeeUsage));
  EXPECT_FALSE(seen->May(Right::kUseModels));
  const auto runs = directory().PrincipalOf(first_.person_id, other.id).value();
  EXPECT_TRUE(runs->May(Right::kOperate));
  EXPECT_EQ(directory().WorkspacesOf(viewer.id).size(), 1u);
}

// A key can do what its person can: nobody gets one of somebody above them.
TEST_P(DirectoryTest, NobodyMakesAKeyAboveTheirRole) {
  const Person admin = MakeMember("a@example.com", Role::kAdmin), dev = MakeMember("d@example.com", Role::kDeveloper);
  const Person head = MakeMember("o@example.com", Role::kOwner);
  const auto make = [&](const Person& by, const Person& whose) {
    return directory().MakeKey({by.id, "", ""}, {first_.workspace_id, whose.id, "k", {}, 0});
  };
  EXPECT_OK(make(admin, dev));
  EXPECT_OK(make(dev, dev));
  EXPECT_OK(make(head, admin));
  EXPECT_OK(make(owner(), head)) << "who runs the cloud may";
  EXPECT_CODE(make(dev, admin), Code::kPermissionDenied);
  EXPECT_CODE(make(admin, head), Code::kPermissionDenied);
  EXPECT_CODE(make(head, owner()), Code::kPermissionDenied) << "an operator's key runs the cloud";
  const Person stranger = *directory().MakePerson({}, {.email = "s@example.com"});
  EXPECT_CODE(make(stranger, dev), Code::kPermissionDenied);
  EXPECT_CODE(make(stranger, stranger), Code::kNotFound);
  const MadeKey key = *make(head, head);
  ApiKey wider = key.key;
  wider.name = "by another name";
  EXPECT_OK(directory().UpdateKey({admin.id, "", ""}, wider));
  wider.scopes.endpoints = {"chat", "admin"};
  EXPECT_CODE(directory().UpdateKey({admin.id, "", ""}, wider), Code::kPermissionDenied);
  EXPECT_OK(directory().UpdateKey({head.id, "", ""}, wider));
  EXPECT_CODE(directory().RotateKey({admin.id, "", ""}, key.key.id, 0), Code::kPermissionDenied);
  EXPECT_TRUE(directory().Verify(key.secret.Reveal()));
}

// One workspace takes no room from others, and nobody fills memory by making keys and ending them.
TEST_P(DirectoryTest, KeysOfAWorkspaceAreBounded) {
  const auto fill = [&](std::size_t count, std::int64_t expires_ms, std::int64_t revoked_ms) {
    ASSERT_OK(store_->Write([&](store::Connection& c) -> Status {
      for (std::size_t i = 0; i < count; ++i)
        RETURN_IF_ERROR(c.Execute(
            "INSERT INTO api_key (id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, "
            "revoked_ms) VALUES (?, ?, ?, 'k', 'sk-', ?, ?, ?, ?, ?)",
            {RandomId("key_"), first_.workspace_id, owner().id, store::Blob{RandomBytes(32)},
             std::string_view(R"({"models":[],"endpoints":[],"ip_ranges":[],"apps":[]})"),
             static_cast<std::int64_t>(i + 1), expires_ms, revoked_ms}));
      return {};
    }));
    Reopen();
  };
  fill(kKeysEndedMax / 2, 0, 5);
  fill(kKeysEndedMax - kKeysEndedMax / 2, 5, 0);
  const MadeKey key = MakeKeyOf(owner());
  EXPECT_EQ(directory().Keys(first_.workspace_id).size(), kKeysEndedMax);  // the oldest went for it
  ASSERT_OK(directory().RevokeKey({}, key.key.id));
  const auto made = directory().MakeKey({}, {first_.workspace_id, owner().id, "k", {}, 0});
  EXPECT_OK(made);
  Reopen();
  EXPECT_EQ(directory().Keys(first_.workspace_id).size(), kKeysEndedMax);
  EXPECT_TRUE(directory().Verify(made->secret.Reveal()));
  fill(kWorkspaceKeysMax - 1, 0, 0);
  EXPECT_CODE(directory().MakeKey({}, {first_.workspace_id, owner().id, "k", {}, 0}), Code::kTooMany);
  EXPECT_OK(directory().RotateKey({}, made->key.id, 0)) << "which takes no room";
  const Workspace other =
      *directory().MakeWorkspace({}, {.account_id = directory().Accounts()[0].id, .name = "other"}, owner().id);
  EXPECT_OK(directory().MakeKey({}, {other.id, owner().id, "k", {}, 0}));
}

TEST_P(DirectoryTest, ThereIsAlwaysAnOwnerAndAnOperator) {
  EXPECT_CODE(directory().RemoveMember({}, first_.workspace_id, first_.person_id), Code::kInvalidArgument);
  EXPECT_CODE(directory().SetMember({}, first_.workspace_id, first_.person_id, Role::kAdmin), Code::kInvalidArgument);
  Person person = owner();
  person.is_operator = false;
  EXPECT_CODE(directory().UpdatePerson({}, person), Code::kInvalidArgument);
  person = owner();
  person.status = Standing::kSuspended;
  EXPECT_CODE(directory().UpdatePerson({}, person), Code::kInvalidArgument);
  EXPECT_TRUE(owner().is_operator);
  const Person second = MakeMember("second@example.com", Role::kOwner);
  EXPECT_OK(directory().RemoveMember({}, first_.workspace_id, first_.person_id));
  EXPECT_CODE(directory().RemoveMember({}, first_.workspace_id, second.id), Code::kInvalidArgument);
}

TEST_P(DirectoryTest, WrongFieldsAreNamed) {
  const std::string account = directory().Accounts()[0].id;
  const auto says = [](const auto& result, std::string_view word) {
    ASSERT_FALSE(result.has_value()) << word;
    EXPECT_EQ(result.error().message.substr(0, word.size()), word) << result.error().message;
  };
  says(directory().MakeAccount({}, {.name = ""}), "name");
  says(directory().MakeAccount({}, {.name = std::string(kNameBytesMax + 1, 'x')}), "name");
  says(directory().MakeAccount({}, {.name = "a\nb"}), "name");
  says(directory().MakeAccount({}, {.name = "\xff"}), "name");
  says(directory().MakeAccount({}, {.name = "a", .currency = "cny"}), "currency");
  says(directory().MakeAccount({}, {.name = "a", .credit_limit_micro = -1}), "credit_limit_micro");
  says(directory().MakeAccount({}, {.name = "a", .tax_ppm = kPpm + 1}), "tax_ppm");
  says(directory().MakeAccount({}, {.name = "a", .email = "a@"}), "email");
  says(directory().MakeWorkspace({}, {.account_id = "acc_none", .name = "w"}, ""), "account_id");
  says(directory().MakeWorkspace({}, {.account_id = account, .name = "w"}, "usr_none"), "owner");
  says(directory().MakeWorkspace({}, {.account_id = account, .name = "w", .weight = 0}, ""), "weight");
  says(directory().MakeWorkspace({}, {.account_id = account, .name = "w", .discount_ppm = -1}, ""), "discount_ppm");
  for (const char* email : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b,c", "a@b\n", "<a@b>", "\xff@b"})
    says(directory().MakePerson({}, {.email = email}), "email");
  const auto scopes = [&](KeyScopes s) {
    return directory().MakeKey({}, {first_.workspace_id, first_.person_id, "k", std::move(s), 0});
  };
  says(scopes({.ip_ranges = {"10.0.0.0/99"}}), "scopes.ip_ranges");
  says(scopes({.models = std::vector<std::string>(kScopeItemsMax + 1, "m")}), "scopes.models");
  says(scopes({.apps = {""}}), "scopes.apps");
  says(directory().MakeKey({}, {first_.workspace_id, first_.person_id, "k", {}, clock_.unix_ms()}), "expires_ms");
  Account changed = directory().Accounts()[0];
  changed.currency = "USD";
  says(directory().UpdateAccount({}, changed), "currency");
  ASSERT_TRUE(directory().MakePerson({}, {.email = "One@Example.COM"}).has_value());
  EXPECT_CODE(directory().MakePerson({}, {.email = "one@example.com"}), Code::kAlreadyExists);
  EXPECT_TRUE(directory().FindPersonByEmail("ONE@example.com").has_value());
}

TEST_P(DirectoryTest, AllFieldsComeBack) {
  const Account account = *directory().MakeAccount(
      {}, {.name = "云", .currency = "USD", .billing = Billing::kPostpaid, .credit_limit_micro = 7, .tax_name = "VAT",
           .tax_ppm = 60000, .tax_number = "n", .address = "line\nline", .email = "a@b"});
  const Workspace workspace = *directory().MakeWorkspace(
      {}, {.account_id = account.id, .name = "it's; DROP TABLE workspace; --", .weight = 3, .priority = -2,
           .share_prefix = true, .store_prompts = true, .retention_days = 9, .discount_ppm = 5, .sandbox = true},
      first_.person_id);
  const MadeKey key = *directory().MakeKey(
      {}, {workspace.id, first_.person_id, "n'\"", {{"m"}, {"chat"}, {"::/0"}, {"app"}}, clock_.unix_ms() + 10});
  ApiKey changed = key.key;
  changed.name = "other";
  changed.scopes.models = {"m2"};
  changed.expires_ms = 0;
  ASSERT_OK(directory().UpdateKey({}, changed));
  Reopen();
  const Account a = *directory().FindAccount(account.id);
  EXPECT_EQ(std::tie(a.name, a.currency, a.tax_name, a.tax_number, a.address, a.email),
            std::tie(account.name, account.currency, account.tax_name, account.tax_number, account.address,
                     account.email));
  EXPECT_EQ(a.billing, Billing::kPostpaid);
  EXPECT_EQ(std::tie(a.credit_limit_micro, a.tax_ppm, a.created_ms),
            std::tie(account.credit_limit_micro, account.tax_ppm, account.created_ms));
  const Workspace w = *directory().FindWorkspace(workspace.id);
  EXPECT_EQ(std::tie(w.account_id, w.name, w.weight, w.priority, w.share_prefix, w.store_prompts, w.retention_days,
                     w.discount_ppm, w.sandbox, w.created_ms),
            std::tie(workspace.account_id, workspace.name, workspace.weight, workspace.priority,
                     workspace.share_prefix, workspace.store_prompts, workspace.retention_days,
                     workspace.discount_ppm, workspace.sandbox, workspace.created_ms));
  const ApiKey k = *directory().FindKey(key.key.id);
  EXPECT_EQ(k.name, "other");
  EXPECT_EQ(k.scopes.models, changed.scopes.models);
  EXPECT_EQ(k.scopes.endpoints, changed.scopes.endpoints);
  EXPECT_EQ(k.scopes.apps, changed.scopes.apps);
  EXPECT_EQ(k.expires_ms, 0);
}

TEST_P(DirectoryTest, EveryChangeIsInTheAuditLog) {
  const Actor actor{first_.person_id, "key_x", "192.0.2.1"};
  const Account account = *directory().MakeAccount(actor, {.name = "a"});
  const Workspace workspace = *directory().MakeWorkspace(actor, {.account_id = account.id, .name = "w"}, "");
  Workspace renamed = workspace;
  renamed.name = "w2";
  ASSERT_OK(directory().UpdateWorkspace(actor, renamed));
  const Person person = *directory().MakePerson(actor, {.email = "p@example.com"});
  ASSERT_OK(directory().SetMember(actor, workspace.id, person.id, Role::kOwner));
  const MadeKey key = *directory().MakeKey(actor, {workspace.id, person.id, "k", {}, 0});
  const MadeKey second = *directory().RotateKey(actor, key.key.id, 0);
  ASSERT_OK(directory().RevokeKey(actor, second.key.id));
  std::string actions;
  const std::vector<AuditRecord> log = directory().audit().List({.after_id = 1}).value();
  for (const AuditRecord& r : log) {
    actions += r.entry.action + " ";
    EXPECT_EQ(r.entry.actor.person_id, actor.person_id);
    EXPECT_EQ(r.entry.actor.key_id, actor.key_id);
    EXPECT_EQ(r.entry.actor.ip, actor.ip);
  }
  EXPECT_EQ(actions,
            "account.create workspace.create workspace.update person.create member.set key.create key.rotate "
            "key.revoke ");
  EXPECT_EQ((*directory().audit().List({.action = "workspace.update"}))[0].entry.detail_json, R"({"name":["w","w2"]})");
  EXPECT_EQ(directory().audit().Verify()->rows, 9);
}

TEST_P(DirectoryTest, TemporaryKeysAreNotWritten) {
  const std::string temporary = directory().MakeTemporaryKey("demo").Reveal();
  ASSERT_NE(directory().Verify(temporary), nullptr);
  EXPECT_TRUE(directory().Verify(temporary)->key.temporary);
  MakeKeyOf(owner());
  EXPECT_NE(directory().Verify(temporary), nullptr);
  Reopen();
  EXPECT_EQ(directory().Verify(temporary), nullptr);
  EXPECT_EQ(directory().Keys(first_.workspace_id).size(), 1u);
}

TEST_P(DirectoryTest, ManyThreadsVerifyWhileKeysCome) {
  const std::string first = MakeKeyOf(owner()).secret.Reveal();
  std::atomic<bool> stop{false};
  std::atomic<int> lost{0};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop)
        if (!directory().Verify(first)) ++lost;
    });
  std::vector<std::jthread> writers;
  std::atomic<int> wrong{0};
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([&] {
      for (int n = 0; n < 5; ++n) {
        const auto key = directory().MakeKey({}, {first_.workspace_id, first_.person_id, "k", {}, 0});
        if (!key || !directory().Verify(key->secret.Reveal())) ++wrong;
      }
    });
  writers.clear();
  stop = true;
  readers.clear();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(directory().Keys(first_.workspace_id).size(), 21u);
}

YUN_ON_EACH_DATABASE(DirectoryTest);

// ---- what stood in the home folder before there was a database

class KeysFile : public People {
 protected:
  static constexpr const char* kServerKey = "1111111111111111111111111111111111111111111111111111111111111111\n";
  std::string FileFor(const std::string& secret, const std::string& id = "key_1") {
    std::array<unsigned char, 32> bytes;
    bytes.fill(0x11);
    return fmt::format(R"({{"version": 1, "keys": [{{"id": "{}", "name": "first", "hint": "sk-aaaa",)"
                       R"( "created": 1700000000, "hash": "{}"}}]}})",
                       id, HexOf(KeyedHash(ServerKey(bytes), "", secret)));
  }
  void Start(const std::string& keys) {
    directory_.reset();
    ASSERT_OK(WriteFileAtomic(home_ / "server.key", kServerKey, 0600));
    ASSERT_OK(WriteFileAtomic(home_ / "keys.json", keys, 0600));
    auto directory = Directory::Open(*store_, home_, clock_);
    ASSERT_TRUE(directory.has_value()) << directory.error().message;
    directory_ = std::move(*directory);
  }
};

TEST_P(KeysFile, IsTakenOverOnce) {
  Start(FileFor("sk-old"));
  const auto first = directory().MakeFirst();
  ASSERT_TRUE(first.has_value()) << first.error().message;
  EXPECT_TRUE(first->made);
  EXPECT_EQ(first->keys_imported, 1u);
  ASSERT_NE(directory().Verify("sk-old"), nullptr);
  EXPECT_EQ(directory().Verify("sk-old")->key.created_ms, 1700000000000);
  EXPECT_FALSE(fs::exists(home_ / "keys.json"));
  EXPECT_TRUE(fs::exists(home_ / "keys.json.imported"));
  Reopen();
  EXPECT_NE(directory().Verify("sk-old"), nullptr);
  EXPECT_EQ(directory().MakeFirst()->keys_imported, 0u);
  // A start that was killed before it could rename the file.
  Start(FileFor("sk-old"));
  EXPECT_EQ(directory().MakeFirst()->keys_imported, 0u);
  EXPECT_EQ(directory().Keys(directory().Workspaces()[0].id).size(), 1u);
}

TEST_P(KeysFile, BrokenOnesAreNamed) {
  for (const std::string text : {"{", "{}", R"({"keys":[1]})", R"({"keys":[{"id":"x","hash":"zz"}]})",
                                 R"({"keys":[{"id":"x","hash":"00"}]})", R"({"keys":[{"hash":""}]})"}) {
    Start(text);
    const auto first = directory().MakeFirst();
    ASSERT_FALSE(first.has_value()) << text;
    EXPECT_EQ(first.error().code, Code::kCorrupt);
    EXPECT_NE(first.error().message.find("keys.json"), std::string::npos) << first.error().message;
  }
}

TEST_P(KeysFile, WithoutTheServerKeyIsRefused) {
  Start(FileFor("sk-old"));
  fs::remove(home_ / "server.key");
  EXPECT_CODE(Directory::Open(*store_, home_, clock_), Code::kCorrupt);
  fs::remove(home_ / "keys.json");
  Reopen();
  ASSERT_TRUE(directory().MakeFirst().has_value());
  MakeKeyOf(directory().People()[0]);
  fs::remove(home_ / "server.key");
  EXPECT_CODE(Directory::Open(*store_, home_, clock_), Code::kCorrupt);
  ASSERT_OK(WriteFileAtomic(home_ / "server.key", "abc"));
  EXPECT_CODE(Directory::Open(*store_, home_, clock_), Code::kCorrupt);
}

YUN_ON_EACH_DATABASE(KeysFile);

TEST(Names, ComeBack) {
  for (const Standing s : {Standing::kActive, Standing::kSuspended, Standing::kClosed})
    EXPECT_EQ(ParseStanding(StandingName(s)), s);
  for (const Billing b : {Billing::kPrepaid, Billing::kPostpaid}) EXPECT_EQ(ParseBilling(BillingName(b)), b);
  EXPECT_FALSE(ParseStanding("Active"));
  EXPECT_FALSE(ParseBilling(""));
}

}  // namespace
}  // namespace yun::cloud
