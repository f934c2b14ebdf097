// Accounts, workspaces, people, members and API keys: who exists, who may. Kept in the database, read from memory.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "base/secret.h"
#include "cloud/audit_log.h"
#include "cloud/ip_range.h"
#include "cloud/random.h"
#include "cloud/role.h"

namespace yun::cloud {

enum class Billing : std::uint8_t { kPrepaid, kPostpaid };
/// Suspended: nothing can be used, everything can be seen. Closed: gone but for the books.
enum class Standing : std::uint8_t { kActive, kSuspended, kClosed };
std::string_view BillingName(Billing billing);    // "prepaid", "postpaid"
std::string_view StandingName(Standing standing);  // "active", "suspended", "closed"
std::optional<Billing> ParseBilling(std::string_view name);
std::optional<Standing> ParseStanding(std::string_view name);

/// Who pays. units: micro-units of `currency`
struct Account {
  std::string id;  // "acc_..."
  std::string name;
  std::string currency = "CNY";  // ISO 4217; does not change
  Billing billing = Billing::kPrepaid;
  std::int64_t credit_limit_micro = 0;  // how far below zero a postpaid balance may go
  std::string tax_name;                 // as it stands on an invoice, "VAT"
  std::int64_t tax_ppm = 0;             // 60000 is 6 %
  std::string tax_number;
  std::string address;  // lines, for invoices
  std::string email;    // where invoices go
  Standing status = Standing::kActive;
  std::int64_t created_ms = 0;
};

/// The unit of rights and of cost.
struct Workspace {
  std::string id;  // "ws_..."
  std::string account_id;
  std::string name;
  Standing status = Standing::kActive;
  std::int64_t weight = 1;    // share of the engine's queue beside others, 1..kWeightMax
  std::int64_t priority = 0;  // higher goes first, kPriorityMin..kPriorityMax
  bool share_prefix = false;  // cached prefixes are shared among the workspace's members
  bool store_prompts = false;
  std::int64_t retention_days = 30;  // of stored prompts
  std::int64_t discount_ppm = 0;     // off every price
  bool sandbox = false;              // everything costs nothing
  std::int64_t created_ms = 0;
};
/// What may be changed of a workspace: from "name" to "sandbox".
boost::json::object SettingsJson(const Workspace& workspace);

struct Person {
  std::string id;     // "usr_..."
  std::string email;  // lower case; unique; may be empty (the first operator, until they enter one)
  std::string name;
  bool is_operator = false;  // runs the cloud: may all, everywhere
  Standing status = Standing::kActive;
  std::int64_t created_ms = 0;
};

struct Member {
  std::string workspace_id, person_id;
  Role role = Role::kViewer;
  std::int64_t created_ms = 0;
};

/// What a key is good for. An empty list means all of its kind, but for "admin", which must be named.
struct KeyScopes {
  std::vector<std::string> models;     // names with * and ?
  std::vector<std::string> endpoints;  // "chat", "completions", "embeddings", "rerank", "files", "batch", "admin", ...
  std::vector<std::string> ip_ranges;  // CIDR, v4 and v6
  std::vector<std::string> apps;       // names with * and ?
};

struct ApiKey {
  std::string id;  // "key_..."
  std::string workspace_id;
  std::string person_id;  // whose it is: it dies with their membership
  std::string name;
  std::string hint;  // the secret's first characters: "sk-4f0c"
  KeyScopes scopes;
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;  // 0: never
  std::int64_t revoked_ms = 0;  // 0: not
  bool temporary = false;       // in memory only
};

/// Whoever asks, with all that decides what they may. Made once for a state of the directory, then shared.
struct Principal {
  ApiKey key;  // an empty id: a console session
  Workspace workspace;
  Account account;
  Person person;
  Role role = Role::kViewer;

  /// The role's rights, or all of an operator's; a key additionally needs its scope (see Allows...).
  bool May(Right right) const;
  bool AllowsModel(std::string_view model) const;
  bool AllowsApp(std::string_view app) const;
  bool AllowsEndpoint(std::string_view endpoint) const;
  bool AllowsIp(std::string_view ip) const;
  Actor ActorAt(std::string_view ip) const { return {person.id, key.id, std::string(ip)}; }

  std::vector<IpRange> ip_ranges;  // of key.scopes, parsed
};

/// What keeps a key from being used that is good otherwise.
struct Suspension {
  enum class Of : std::uint8_t { kAccount, kWorkspace, kPerson };
  Of of = Of::kAccount;
  std::string name;  // the account's, the workspace's or the person's
};

/// A key as it is asked for.
struct KeyDraft {
  std::string workspace_id, person_id, name;
  KeyScopes scopes;
  std::int64_t expires_ms = 0;
};

struct MadeKey {
  ApiKey key;
  Secret<std::string> secret;  // shown once: "sk-" + 64 hex digits
};

inline constexpr std::size_t kKeysMax = 100000;  // not revoked; ~1 KiB of memory each
inline constexpr std::size_t kPeopleMax = 200000;
inline constexpr std::size_t kWorkspaceKeysMax = 10000;  // of one workspace that are good
inline constexpr std::size_t kKeysEndedMax = 1000;       // ... that were; of more, the oldest is in the audit log alone
inline constexpr std::size_t kNameBytesMax = 200;
inline constexpr std::size_t kScopeItemsMax = 64;  // of one list
inline constexpr std::int64_t kWeightMax = 1000;
inline constexpr std::int64_t kPriorityMin = -100, kPriorityMax = 100;
inline constexpr std::int64_t kPpm = 1000000;
inline constexpr std::int64_t kRotationOverlapMsMax = std::int64_t{30} * 24 * 3600 * 1000;

/// Reads come from a snapshot in memory and run no SQL. A change is one transaction with its audit row; when its
/// method returns, every Verify sees it. The database belongs to this process alone (store::Database::Open).
/// errors of changes: kInvalidArgument (a field, named), kNotFound, kAlreadyExists, kTooMany, as store::Database
/// thread: all methods from any thread
class Directory {
 public:
  /// Makes <home>/server.key when there is none and no key needs it. errors: kDisk, kCorrupt, as store::Database
  static Result<std::unique_ptr<Directory>> Open(store::Database& database, const std::filesystem::path& home,
                                                 const Clock& clock);
  ~Directory();

  struct FirstStart {
    bool made = false;            // false: there were people already, and nothing was done
    std::string workspace_id;     // of the workspace "Default"
    std::string person_id;        // its owner, who is the operator
    std::size_t keys_imported = 0;  // from <home>/keys.json, which is then called keys.json.imported
  };
  /// On an empty database: account and workspace "Default" (in `currency`), and an owner without a password.
  Result<FirstStart> MakeFirst(std::string_view currency = "CNY");

  /// Who the secret belongs to; null when it is unknown, revoked, expired, its member or person gone, or its
  /// workspace or account not active. Microseconds; the time does not depend on how much of a secret is right.
  std::shared_ptr<const Principal> Verify(std::string_view secret) const;
  /// What is suspended, where that alone made Verify null: who has a part of a key learns nothing.
  std::optional<Suspension> WhySuspended(std::string_view secret) const;
  /// As Verify, of a key by its id: for what was asked with it before.
  std::shared_ptr<const Principal> PrincipalOfKey(std::string_view key_id) const;
  /// A person at work in a workspace, without a key; the workspace or its account may be suspended. An operator may be
  /// no member: their role is then kOwner.
  /// errors: kNotFound (no such active person or workspace), kPermissionDenied (no member)
  Result<std::shared_ptr<const Principal>> PrincipalOf(std::string_view person_id, std::string_view workspace_id) const;

  std::vector<Account> Accounts() const;
  std::vector<Workspace> Workspaces(std::string_view account_id = {}) const;  // of one account, or all
  std::vector<Workspace> WorkspacesOf(std::string_view person_id) const;     // where they are a member
  std::vector<Member> Members(std::string_view workspace_id) const;
  std::vector<Person> People() const;
  std::vector<ApiKey> Keys(std::string_view workspace_id) const;  // also revoked ones; oldest first
  std::optional<Account> FindAccount(std::string_view id) const;
  std::optional<Workspace> FindWorkspace(std::string_view id) const;
  std::optional<Member> FindMember(std::string_view workspace_id, std::string_view person_id) const;
  std::optional<Person> FindPerson(std::string_view id) const;
  std::optional<Person> FindPersonByEmail(std::string_view email) const;
  std::optional<ApiKey> FindKey(std::string_view id) const;

  // Changes. `draft` needs no id and no created_ms; they come back filled in.
  Result<Account> MakeAccount(const Actor& actor, Account draft);
  Result<Account> UpdateAccount(const Actor& actor, const Account& account);
  /// `owner_id` becomes its first member; may be empty when an operator looks after it.
  Result<Workspace> MakeWorkspace(const Actor& actor, Workspace draft, std::string_view owner_id);
  Result<Workspace> UpdateWorkspace(const Actor& actor, const Workspace& workspace);
  Result<Person> MakePerson(const Actor& actor, Person draft);
  /// errors: kInvalidArgument also when nobody would be left who runs the cloud
  Result<Person> UpdatePerson(const Actor& actor, const Person& person);
  /// Adds a member or changes the role. errors: kInvalidArgument also when the last owner would go
  Status SetMember(const Actor& actor, std::string_view workspace_id, std::string_view person_id, Role role);
  /// Their keys in the workspace are revoked with them. errors: as SetMember
  Status RemoveMember(const Actor& actor, std::string_view workspace_id, std::string_view person_id);
  /// In another member's name only by who may manage keys and has no lesser role: a key can do what its person can.
  /// errors: also kPermissionDenied
  Result<MadeKey> MakeKey(const Actor& actor, const KeyDraft& draft);
  /// Name, scopes and expiry; the rest cannot change. Scopes and expiry of another member's only by who could make it.
  /// errors: also kPermissionDenied
  Result<ApiKey> UpdateKey(const Actor& actor, const ApiKey& key);
  /// A new secret for the key; the latest one before stays good for overlap_ms (0: not at all). errors: as MakeKey
  Result<MadeKey> RotateKey(const Actor& actor, std::string_view key_id, std::int64_t overlap_ms);
  Status RevokeKey(const Actor& actor, std::string_view key_id);
  /// A key of the first workspace's owner that lives as long as this object and is written nowhere.
  Secret<std::string> MakeTemporaryKey(std::string_view name);

  const AuditLog& audit() const { return audit_; }
  const ServerKey& server_key() const { return server_key_; }
  const Clock& clock() const { return clock_; }

 private:
  struct Snapshot;
  Directory(store::Database& database, std::filesystem::path home, ServerKey key, const Clock& clock);
  std::shared_ptr<const Snapshot> Now() const;
  Status Load();
  /// One transaction with its audit row; then `next` is what everybody reads. Under change_.
  Status Commit(std::shared_ptr<Snapshot> next, const AuditEntry& entry,
                const std::function<Status(store::Connection&)>& write);
  Status MayMakeKeyFor(const Snapshot& now, const Actor& actor, std::string_view workspace_id,
                       std::string_view person_id) const;
  Status ImportKeys(FirstStart& start);
  std::string HashOf(std::string_view secret) const;

  store::Database& database_;  // borrows
  const std::filesystem::path home_;
  const ServerKey server_key_;
  const Clock& clock_;  // borrows
  const AuditLog audit_;
  std::mutex change_;  // one change at a time: what it has checked in the snapshot stays so until it is written
  Guarded<std::shared_ptr<const Snapshot>> snapshot_;
};

}  // namespace yun::cloud
