#include "cloud/directory.h"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "base/file.h"
#include "cloud/clock.h"
#include "cloud/glob.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t kKeyBytes = 32;          // of randomness
constexpr std::size_t kKeyTextMax = 256;       // longer ones are not even hashed
constexpr std::size_t kServerKeyFileMax = 4096;
constexpr std::uint64_t kKeysFileBytesMax = 16u << 20;
constexpr std::string_view kPrefix = "sk-";
constexpr std::size_t kHintLength = 7;
constexpr std::size_t kEmailBytesMax = 254;  // RFC 5321, 4.5.3.1.3
constexpr std::size_t kTextBytesMax = 2000;  // an address
constexpr std::int64_t kCreditLimitMax = 1'000'000'000'000'000;  // a thousand million
constexpr std::int64_t kRetentionDaysMax = 3650;

template <class T>
using Table = std::map<std::string, std::shared_ptr<const T>, std::less<>>;

template <class T>
const T* In(const Table<T>& table, std::string_view id) {
  const auto it = table.find(id);
  return it == table.end() ? nullptr : it->second.get();
}

template <class T>
std::optional<T> CopyOf(const T* row) {
  return row ? std::optional<T>(*row) : std::nullopt;
}

/// Oldest first: ids are random.
template <class T>
void SortByAge(std::vector<T>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const T& a, const T& b) { return a.created_ms < b.created_ms; });
}

std::string MemberId(std::string_view workspace_id, std::string_view person_id) {
  return std::string(workspace_id) + " " + std::string(person_id);
}

// ---- what is written in a row or a file

json::array ToJson(const std::vector<std::string>& items) { return json::array(items.begin(), items.end()); }

std::string ScopesText(const KeyScopes& s) {
  return json::serialize(json::object{{"models", ToJson(s.models)},
                                      {"endpoints", ToJson(s.endpoints)},
                                      {"ip_ranges", ToJson(s.ip_ranges)},
                                      {"apps", ToJson(s.apps)}});
}

Result<KeyScopes> ParseScopes(std::string_view text) {
  json::error_code ec;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), ec);
  KeyScopes scopes;
  const auto read = [&](const char* name, std::vector<std::string>& into) {
    const json::value* list = value.is_object() ? value.get_object().if_contains(name) : nullptr;
    if (!list || !list->is_array()) return false;
    for (const json::value& item : list->get_array()) {
      if (!item.is_string()) return false;
      into.emplace_back(item.get_string());
    }
    return true;
  };
  if (ec || !read("models", scopes.models) || !read("endpoints", scopes.endpoints) ||
      !read("ip_ranges", scopes.ip_ranges) || !read("apps", scopes.apps))
    return Fail(Code::kCorrupt, "the scopes of a key are not what was written");
  return scopes;
}

bool IsUtf8(std::string_view text) {
  json::error_code ec;
  json::parse(json::serialize(json::string(text)), ec);
  return !ec;
}

Status CheckText(std::string_view what, std::string_view text, std::size_t bytes_max, bool needed) {
  if (needed && text.empty()) return Fail(Code::kInvalidArgument, "{}: is missing", what);
  if (text.size() > bytes_max)
    return Fail(Code::kInvalidArgument, "{}: {} bytes, at most {} are allowed", what, text.size(), bytes_max);
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 && !(c == '\n' && bytes_max == kTextBytesMax))
      return Fail(Code::kInvalidArgument, "{}: control characters are not allowed", what);
  if (!IsUtf8(text)) return Fail(Code::kInvalidArgument, "{}: this is not UTF-8", what);
  return {};
}

Status CheckName(std::string_view what, std::string_view text) { return CheckText(what, text, kNameBytesMax, true); }

Status CheckNumber(std::string_view what, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high)
    return Fail(Code::kInvalidArgument, "{}: {} is not within {} and {}", what, value, low, high);
  return {};
}

/// Lower case, and with the shape of an address.
Result<std::string> NormalEmail(std::string_view email) {
  std::string lower = LowerAscii(email);
  const std::size_t at = lower.find('@');
  const bool plain = std::all_of(lower.begin(), lower.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && std::string_view("<>,;\"").find(c) == std::string::npos;
  }) && IsUtf8(lower);
  if (at == std::string::npos || at == 0 || at + 1 == lower.size() || lower.find('@', at + 1) != std::string::npos ||
      !plain || lower.size() > kEmailBytesMax)
    return Fail(Code::kInvalidArgument, "email: this is no e-mail address");
  return lower;
}

Status CheckScopes(const KeyScopes& scopes, std::vector<IpRange>& ranges) {
  const auto check = [](std::string_view what, const std::vector<std::string>& items) -> Status {
    if (items.size() > kScopeItemsMax)
      return Fail(Code::kInvalidArgument, "{}: {} items, at most {} are allowed", what, items.size(), kScopeItemsMax);
    for (const std::string& item : items) RETURN_IF_ERROR(CheckName(what, item));
    return {};
  };
  RETURN_IF_ERROR(check("scopes.models", scopes.models));
  RETURN_IF_ERROR(check("scopes.endpoints", scopes.endpoints));
  RETURN_IF_ERROR(check("scopes.ip_ranges", scopes.ip_ranges));
  RETURN_IF_ERROR(check("scopes.apps", scopes.apps));
  ranges.clear();
  for (const std::string& text : scopes.ip_ranges) {
    auto range = ParseIpRange(text);
    if (!range) return Wrap(std::move(range.error()), "scopes.ip_ranges");
    ranges.push_back(*range);
  }
  return {};
}

Status CheckAccount(Account& a) {
  RETURN_IF_ERROR(CheckName("name", a.name));
  if (a.currency.size() != 3 || !std::all_of(a.currency.begin(), a.currency.end(), [](char c) {
        return c >= 'A' && c <= 'Z';
      }))
    return Fail(Code::kInvalidArgument, "currency: three capital letters are needed, such as CNY or USD");
  RETURN_IF_ERROR(CheckNumber("credit_limit_micro", a.credit_limit_micro, 0, kCreditLimitMax));
  RETURN_IF_ERROR(CheckText("tax_name", a.tax_name, kNameBytesMax, false));
  RETURN_IF_ERROR(CheckNumber("tax_ppm", a.tax_ppm, 0, kPpm));
  RETURN_IF_ERROR(CheckText("tax_number", a.tax_number, kNameBytesMax, false));
  RETURN_IF_ERROR(CheckText("address", a.address, kTextBytesMax, false));
  if (a.email.empty()) return {};
  ASSIGN_OR_RETURN(a.email, NormalEmail(a.email));
  return {};
}

Status CheckWorkspace(const Workspace& w) {
  RETURN_IF_ERROR(CheckName("name", w.name));
  RETURN_IF_ERROR(CheckNumber("weight", w.weight, 1, kWeightMax));
  RETURN_IF_ERROR(CheckNumber("priority", w.priority, kPriorityMin, kPriorityMax));
  RETURN_IF_ERROR(CheckNumber("retention_days", w.retention_days, 1, kRetentionDaysMax));
  return CheckNumber("discount_ppm", w.discount_ppm, 0, kPpm);
}

// ---- rows

constexpr std::string_view kAccountColumns =
    "id, name, currency, billing, credit_limit_micro, tax_name, tax_ppm, tax_number, address, email, status, "
    "created_ms";
constexpr std::string_view kWorkspaceColumns =
    "id, account_id, name, status, weight, priority, share_prefix, store_prompts, retention_days, discount_ppm, "
    "sandbox, created_ms";
constexpr std::string_view kKeyColumns =
    "id, workspace_id, person_id, name, hint, hash, scopes, created_ms, expires_ms, revoked_ms, old_hash, old_until_ms";

std::int64_t Truth(bool b) { return b ? 1 : 0; }

Status Insert(store::Connection& c, const Account& a) {
  RETURN_IF_ERROR(c.Execute(fmt::format("INSERT INTO account ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                        kAccountColumns),
                            {a.id, a.name, a.currency, BillingName(a.billing), a.credit_limit_micro, a.tax_name,
                             a.tax_ppm, a.tax_number, a.address, a.email, StandingName(a.status), a.created_ms}));
  return {};
}

Status Insert(store::Connection& c, const Workspace& w) {
  RETURN_IF_ERROR(c.Execute(fmt::format("INSERT INTO workspace ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                        kWorkspaceColumns),
                            {w.id, w.account_id, w.name, StandingName(w.status), w.weight, w.priority,
                             Truth(w.share_prefix), Truth(w.store_prompts), w.retention_days, w.discount_ppm,
                             Truth(w.sandbox), w.created_ms}));
  return {};
}

store::Value EmailValue(const Person& p) { return p.email.empty() ? store::Value() : store::Value(p.email); }

Status Insert(store::Connection& c, const Person& p) {
  RETURN_IF_ERROR(
      c.Execute("INSERT INTO person (id, email, name, is_operator, status, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
                {p.id, EmailValue(p), p.name, Truth(p.is_operator), StandingName(p.status), p.created_ms}));
  return {};
}

Status Upsert(store::Connection& c, const Member& m) {
  RETURN_IF_ERROR(c.Execute(
      "INSERT INTO member (workspace_id, person_id, role, created_ms) VALUES (?, ?, ?, ?) "
      "ON CONFLICT (workspace_id, person_id) DO UPDATE SET role = excluded.role",
      {m.workspace_id, m.person_id, RoleName(m.role), m.created_ms}));
  return {};
}

/// A key's row: with its secret's hash, and that of the secret before a rotation.
struct KeyRow {
  ApiKey key;
  std::string hash, old_hash;     // old_hash is empty: there is none
  std::int64_t old_until_ms = 0;  // the old secret is good until then
  std::vector<IpRange> ip_ranges;
};

store::Value OldHash(const KeyRow& row) {
  return row.old_hash.empty() ? store::Value() : store::Value(store::Blob{row.old_hash});
}

Status Insert(store::Connection& c, const KeyRow& row) {
  const ApiKey& k = row.key;
  RETURN_IF_ERROR(c.Execute(
      fmt::format("INSERT INTO api_key ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kKeyColumns),
      {k.id, k.workspace_id, k.person_id, k.name, k.hint, store::Blob{row.hash}, ScopesText(k.scopes), k.created_ms,
       k.expires_ms, k.revoked_ms, OldHash(row), row.old_until_ms}));
  return {};
}

Status Update(store::Connection& c, const KeyRow& row) {
  const ApiKey& k = row.key;
  RETURN_IF_ERROR(c.Execute("UPDATE api_key SET name = ?, hint = ?, hash = ?, scopes = ?, expires_ms = ?, "
                            "revoked_ms = ?, old_hash = ?, old_until_ms = ? WHERE id = ?",
                            {k.name, k.hint, store::Blob{row.hash}, ScopesText(k.scopes), k.expires_ms, k.revoked_ms,
                             OldHash(row), row.old_until_ms, k.id}));
  return {};
}

// ---- what the audit log says of a row: all of it but secrets (a workspace: SettingsJson)

json::object ToJson(const Account& a) {
  return {{"name", a.name},           {"currency", a.currency},
          {"billing", BillingName(a.billing)}, {"credit_limit_micro", a.credit_limit_micro},
          {"tax_name", a.tax_name},   {"tax_ppm", a.tax_ppm},
          {"tax_number", a.tax_number}, {"address", a.address},
          {"email", a.email},         {"status", StandingName(a.status)}};
}

json::object ToJson(const Person& p) {
  return {{"email", p.email}, {"name", p.name}, {"operator", p.is_operator}, {"status", StandingName(p.status)}};
}

json::object ToJson(const ApiKey& k) {
  return {{"name", k.name},
          {"person", k.person_id},
          {"hint", k.hint},
          {"scopes", json::parse(ScopesText(k.scopes))},
          {"expires_ms", k.expires_ms}};
}

/// The fields that differ: {"name": [before, after]}.
std::string Difference(const json::object& before, const json::object& after) {
  json::object changed;
  for (const auto& field : after)
    if (const json::value* old = before.if_contains(field.key()); !old || *old != field.value())
      changed[field.key()] = json::array{old ? *old : json::value(), field.value()};
  return json::serialize(changed);
}

}  // namespace

json::object SettingsJson(const Workspace& w) {
  return {{"name", w.name},
          {"status", StandingName(w.status)},
          {"weight", w.weight},
          {"priority", w.priority},
          {"share_prefix", w.share_prefix},
          {"store_prompts", w.store_prompts},
          {"retention_days", w.retention_days},
          {"discount_ppm", w.discount_ppm},
          {"sandbox", w.sandbox}};
}

// ---- names

std::string_view BillingName(Billing billing) { return billing == Billing::kPrepaid ? "prepaid" : "postpaid"; }

std::string_view StandingName(Standing standing) {
  return standing == Standing::kActive ? "active" : standing == Standing::kSuspended ? "suspended" : "closed";
}

std::optional<Billing> ParseBilling(std::string_view name) {
  for (const Billing b : {Billing::kPrepaid, Billing::kPostpaid})
    if (BillingName(b) == name) return b;
  return {};
}

std::optional<Standing> ParseStanding(std::string_view name) {
  for (const Standing s : {Standing::kActive, Standing::kSuspended, Standing::kClosed})
    if (StandingName(s) == name) return s;
  return {};
}

// ---- principals

namespace {
bool AnyMatches(const std::vector<std::string>& patterns, std::string_view text) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(), [&](const auto& p) { return GlobMatches(p, text); });
}
}  // namespace

bool Principal::May(Right right) const { return person.is_operator || cloud::May(role, right); }
bool Principal::AllowsModel(std::string_view model) const { return AnyMatches(key.scopes.models, model); }
bool Principal::AllowsApp(std::string_view app) const { return AnyMatches(key.scopes.apps, app); }

bool Principal::AllowsEndpoint(std::string_view endpoint) const {
  if (key.id.empty()) return true;  // a console session
  const auto& named = key.scopes.endpoints;
  if (named.empty()) return endpoint != "admin";
  return std::find(named.begin(), named.end(), endpoint) != named.end();
}

bool Principal::AllowsIp(std::string_view ip) const {
  if (ip_ranges.empty()) return true;
  const std::optional<IpAddress> address = ParseIp(ip);
  return address &&
         std::any_of(ip_ranges.begin(), ip_ranges.end(), [&](const IpRange& r) { return r.Contains(*address); });
}

// ---- the state in memory

struct Directory::Snapshot {
  using Key = KeyRow;
  Table<Account> accounts;
  Table<Workspace> workspaces;
  Table<Person> people;
  Table<Member> members;  // by MemberId
  Table<Key> keys;
  std::size_t keys_live = 0;
  template <class T>
  using ByHash = std::unordered_map<std::string, std::shared_ptr<const T>>;
  ByHash<Principal> by_hash;  // of keys that are good for something
  struct Barred {
    Suspension suspension;
    std::int64_t expires_ms = 0;
  };
  ByHash<Barred> barred;  // of keys that would be, were nothing suspended

  const Member* FindMember(std::string_view workspace_id, std::string_view person_id) const {
    return In(members, MemberId(workspace_id, person_id));
  }

  template <class T>
  static void Put(Table<T>& table, T row) {
    std::string id = row.id;
    table[std::move(id)] = std::make_shared<const T>(std::move(row));
  }
  void PutMember(const Member& m) {
    members[MemberId(m.workspace_id, m.person_id)] = std::make_shared<const Member>(m);
  }

  /// Puts a key in or changes it, and makes its principal.
  void PutKey(Key key) {
    const Key* old = In(keys, key.key.id);
    if (!(old && old->key.revoked_ms == 0)) ++keys_live;
    if (key.key.revoked_ms != 0) --keys_live;
    if (old) Forget(*old);
    auto row = std::make_shared<const Key>(std::move(key));
    keys[row->key.id] = row;
    Link(*row);
  }
  void Forget(const Key& row) {
    for (const std::string& hash : {row.hash, row.old_hash}) by_hash.erase(hash), barred.erase(hash);
  }
  void Link(const Key& row) {
    Forget(row);
    const ApiKey& k = row.key;
    const Workspace* workspace = In(workspaces, k.workspace_id);
    const Account* account = workspace ? In(accounts, workspace->account_id) : nullptr;
    const Person* person = In(people, k.person_id);
    const Member* member = FindMember(k.workspace_id, k.person_id);
    // An operator's key may be of a workspace where they are no member.
    if (k.revoked_ms != 0 || !account || !person || (!member && !person->is_operator) ||
        workspace->status == Standing::kClosed || account->status == Standing::kClosed ||
        person->status == Standing::kClosed)
      return;
    const std::int64_t old_until_ms =
        k.expires_ms == 0 ? row.old_until_ms : std::min(k.expires_ms, row.old_until_ms);
    using Of = Suspension::Of;
    const auto bar = [&](Of of, const std::string& name) {
      barred[row.hash] = std::make_shared<const Barred>(Barred{{of, name}, k.expires_ms});
      if (!row.old_hash.empty())
        barred[row.old_hash] = std::make_shared<const Barred>(Barred{{of, name}, old_until_ms});
    };
    if (account->status == Standing::kSuspended) return bar(Of::kAccount, account->name);
    if (workspace->status == Standing::kSuspended) return bar(Of::kWorkspace, workspace->name);
    if (person->status == Standing::kSuspended) return bar(Of::kPerson, person->name);
    auto principal = std::make_shared<Principal>();
    principal->key = k;
    principal->workspace = *workspace;
    principal->account = *account;
    principal->person = *person;
    principal->role = member ? member->role : Role::kOwner;
    principal->ip_ranges = row.ip_ranges;
    if (!row.old_hash.empty()) {
      auto before = std::make_shared<Principal>(*principal);
      before->key.expires_ms = old_until_ms;
      by_hash[row.old_hash] = std::move(before);
    }
    by_hash[row.hash] = std::move(principal);
  }
  /// Makes room for another key of the workspace; `forgotten` is the id of one that has ended and goes for it.
  Status MakeRoom(std::string_view workspace_id, std::int64_t now_ms, std::string& forgotten) {
    std::size_t good = 0, ended = 0;
    const Key* oldest = nullptr;
    for (const auto& [id, row] : keys) {
      const ApiKey& k = row->key;
      if (k.workspace_id != workspace_id) continue;
      if (k.revoked_ms == 0 && (k.expires_ms == 0 || k.expires_ms > now_ms)) {
        ++good;
        continue;
      }
      ++ended;
      if (!k.temporary && (!oldest || k.created_ms < oldest->key.created_ms)) oldest = row.get();
    }
    if (good >= kWorkspaceKeysMax) return Fail(Code::kTooMany, "{} keys of this workspace exist already", good);
    if (ended >= kKeysEndedMax && oldest) {
      forgotten = oldest->key.id;
      if (oldest->key.revoked_ms == 0) --keys_live;
      by_hash.erase(oldest->hash), by_hash.erase(oldest->old_hash);
      keys.erase(keys.find(forgotten));
    }
    if (keys_live >= kKeysMax) return Fail(Code::kTooMany, "{} keys exist already", keys_live);
    return {};
  }
  void LinkAll() {
    by_hash.clear();
    barred.clear();
    for (const auto& [id, row] : keys) Link(*row);
  }
};

Directory::Directory(store::Database& database, fs::path home, ServerKey key, const Clock& clock)
    : database_(database),
      home_(std::move(home)),
      server_key_(std::move(key)),
      clock_(clock),
      audit_(database, clock),
      snapshot_(std::make_shared<const Snapshot>()) {}

Directory::~Directory() = default;

std::shared_ptr<const Directory::Snapshot> Directory::Now() const {
  return snapshot_.With([](const auto& snapshot) { return snapshot; });
}

std::string Directory::HashOf(std::string_view secret) const { return KeyedHash(server_key_, "", secret); }

Result<std::unique_ptr<Directory>> Directory::Open(store::Database& database, const fs::path& home,
                                                   const Clock& clock) {
  std::error_code ec;
  fs::create_directories(home, ec);
  if (ec) return Fail(Code::kDisk, "{}: cannot make the folder: {}", home.string(), ec.message());
  bool keys_exist = fs::exists(home / "keys.json", ec);
  RETURN_IF_ERROR(database.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, c.Query("SELECT id FROM api_key LIMIT 1"));
    keys_exist |= !rows.empty();
    return {};
  }));
  const fs::path path = home / "server.key";
  Result<std::string> text = ReadFile(path, kServerKeyFileMax);
  if (!text) {
    if (text.error().code != Code::kNotFound) return tl::unexpected<Error>(text.error());
    if (keys_exist)
      return Fail(Code::kCorrupt,
                  "{} is missing, but there are API keys that can only be checked with it. Put it back from a backup.",
                  path.string());
    text = RandomHex(kKeyBytes) + "\n";
    RETURN_IF_ERROR(WriteFileAtomic(path, *text, 0600));
  }
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  const std::optional<std::string> raw = ParseHex(*text);
  std::array<unsigned char, 32> bytes{};
  if (!raw || raw->size() != bytes.size())
    return Fail(Code::kCorrupt, "{}: {} hex digits are needed", path.string(), 2 * bytes.size());
  std::copy(raw->begin(), raw->end(), bytes.begin());
  std::unique_ptr<Directory> directory(new Directory(database, home, ServerKey(bytes), clock));
  RETURN_IF_ERROR(directory->Load());
  return directory;
}

Status Directory::Load() {
  auto next = std::make_shared<Snapshot>();
  const auto standing = [](std::string_view name) { return ParseStanding(name).value_or(Standing::kClosed); };
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows accounts, c.Query(fmt::format("SELECT {} FROM account", kAccountColumns)));
    for (const store::Row& r : accounts) {
      Account a;
      a.id = r.Text(0), a.name = r.Text(1), a.currency = r.Text(2);
      a.billing = ParseBilling(r.Text(3)).value_or(Billing::kPrepaid);
      a.credit_limit_micro = r.Int(4), a.tax_name = r.Text(5), a.tax_ppm = r.Int(6), a.tax_number = r.Text(7);
      a.address = r.Text(8), a.email = r.Text(9), a.status = standing(r.Text(10)), a.created_ms = r.Int(11);
      Snapshot::Put(next->accounts, std::move(a));
    }
    ASSIGN_OR_RETURN(const store::Rows workspaces, c.Query(fmt::format("SELECT {} FROM workspace", kWorkspaceColumns)));
    for (const store::Row& r : workspaces) {
      Workspace w;
      w.id = r.Text(0), w.account_id = r.Text(1), w.name = r.Text(2), w.status = standing(r.Text(3));
      w.weight = r.Int(4), w.priority = r.Int(5), w.share_prefix = r.Int(6) != 0, w.store_prompts = r.Int(7) != 0;
      w.retention_days = r.Int(8), w.discount_ppm = r.Int(9), w.sandbox = r.Int(10) != 0, w.created_ms = r.Int(11);
      Snapshot::Put(next->workspaces, std::move(w));
    }
    ASSIGN_OR_RETURN(const store::Rows people,
                     c.Query("SELECT id, email, name, is_operator, status, created_ms FROM person"));
    for (const store::Row& r : people)
      Snapshot::Put(next->people, Person{std::string(r.Text(0)), std::string(r.Text(1)), std::string(r.Text(2)),
                                         r.Int(3) != 0, standing(r.Text(4)), r.Int(5)});
    ASSIGN_OR_RETURN(const store::Rows members,
                     c.Query("SELECT workspace_id, person_id, role, created_ms FROM member"));
    for (const store::Row& r : members)
      next->PutMember({std::string(r.Text(0)), std::string(r.Text(1)), ParseRole(r.Text(2)).value_or(Role::kViewer),
                       r.Int(3)});
    ASSIGN_OR_RETURN(const store::Rows keys, c.Query(fmt::format("SELECT {} FROM api_key", kKeyColumns)));
    for (const store::Row& r : keys) {
      Snapshot::Key k;
      k.key.id = r.Text(0), k.key.workspace_id = r.Text(1), k.key.person_id = r.Text(2), k.key.name = r.Text(3);
      k.key.hint = r.Text(4), k.hash = r.Bytes(5);
      ASSIGN_OR_RETURN(k.key.scopes, ParseScopes(r.Text(6)));
      RETURN_IF_ERROR(CheckScopes(k.key.scopes, k.ip_ranges));
      k.key.created_ms = r.Int(7), k.key.expires_ms = r.Int(8), k.key.revoked_ms = r.Int(9);
      k.old_hash = r.Bytes(10), k.old_until_ms = r.Int(11);
      next->PutKey(std::move(k));
    }
    return {};
  }));
  snapshot_.With([&](auto& held) { held = std::move(next); });
  return {};
}

Status Directory::Commit(std::shared_ptr<Snapshot> next, const AuditEntry& entry,
                         const std::function<Status(store::Connection&)>& write) {
  RETURN_IF_ERROR(database_.Write([this, &entry, &write](store::Connection& c) -> Status {
    RETURN_IF_ERROR(write(c));
    return audit_.Append(c, entry);
  }));
  snapshot_.With([&](auto& held) { held = std::move(next); });
  return {};
}

// ---- first start

Result<Directory::FirstStart> Directory::MakeFirst(std::string_view currency) {
  FirstStart start;
  {
    std::lock_guard lock(change_);
    const auto now = Now();
    if (now->people.empty()) {
      const std::int64_t at = clock_.unix_ms();
      Account account;
      account.id = RandomId("acc_"), account.name = "Default", account.currency = currency, account.created_ms = at;
      RETURN_IF_ERROR(CheckAccount(account));
      Workspace workspace;
      workspace.id = RandomId("ws_"), workspace.account_id = account.id, workspace.name = "Default";
      workspace.created_ms = at;
      const Person person{RandomId("usr_"), "", "Owner", true, Standing::kActive, at};
      const Member member{workspace.id, person.id, Role::kOwner, at};
      auto next = std::make_shared<Snapshot>(*now);
      Snapshot::Put(next->accounts, account);
      Snapshot::Put(next->workspaces, workspace);
      Snapshot::Put(next->people, person);
      next->PutMember(member);
      RETURN_IF_ERROR(Commit(std::move(next), {{}, "cloud.create", workspace.id, workspace.id, account.id},
                             [&](store::Connection& c) -> Status {
                               RETURN_IF_ERROR(Insert(c, account));
                               RETURN_IF_ERROR(Insert(c, workspace));
                               RETURN_IF_ERROR(Insert(c, person));
                               return Upsert(c, member);
                             }));
      start.made = true;
      start.workspace_id = workspace.id;
      start.person_id = person.id;
    }
  }
  RETURN_IF_ERROR(ImportKeys(start));
  return start;
}

Status Directory::ImportKeys(FirstStart& start) {
  const fs::path path = home_ / "keys.json";
  Result<std::string> text = ReadFile(path, kKeysFileBytesMax);
  if (!text) return text.error().code == Code::kNotFound ? Status() : Status(tl::unexpected<Error>(text.error()));
  const auto corrupt = [&](std::string_view what) { return Fail(Code::kCorrupt, "{}: {}", path.string(), what); };
  json::error_code ec;
  const json::value value = json::parse(*text, ec);
  if (ec) return corrupt("not valid JSON: " + ec.message());
  const json::object* root = value.if_object();
  const json::value* list = root ? root->if_contains("keys") : nullptr;
  if (!list || !list->is_array()) return corrupt("no array 'keys'");

  std::lock_guard lock(change_);
  const auto now = Now();
  const std::vector<Workspace> workspaces = Workspaces();
  const Workspace* into = nullptr;
  const Member* owner = nullptr;
  for (const Workspace& w : workspaces)
    for (const auto& [id, member] : now->members)
      if (!owner && member->workspace_id == w.id && member->role == Role::kOwner) into = &w, owner = member.get();
  if (!owner)
    return Fail(Code::kNotFound, "{}: there is no workspace with an owner to import keys into", path.string());

  auto next = std::make_shared<Snapshot>(*now);
  std::unordered_map<std::string, bool> known;
  for (const auto& [id, row] : now->keys) known[row->hash] = true;
  std::vector<Snapshot::Key> keys;
  for (const json::value& item : list->get_array()) {
    const json::object* object = item.if_object();
    if (!object) return corrupt("a key is no object");
    const auto text_of = [&](std::string_view name) {
      const json::value* field = object->if_contains(name);
      return field && field->is_string() ? std::string(field->get_string()) : std::string();
    };
    Snapshot::Key k;
    k.key.id = text_of("id"), k.key.name = text_of("name"), k.key.hint = text_of("hint");
    const std::optional<std::string> hash = ParseHex(text_of("hash"));
    if (k.key.id.empty() || !hash || hash->size() != 32) return corrupt("a key has no id or no hash");
    if (!CheckName("id", k.key.id) || !CheckText("name", k.key.name, kNameBytesMax, false) ||
        !CheckText("hint", k.key.hint, kNameBytesMax, false))
      return corrupt("a key's id, name or hint is too long or no text");
    k.hash = *hash;
    k.key.workspace_id = into->id, k.key.person_id = owner->person_id;
    if (const json::value* created = object->if_contains("created"); created && created->is_int64())
      k.key.created_ms = std::clamp<std::int64_t>(created->get_int64(), 0, INT64_MAX / 1000) * 1000;
    if (!known.emplace(k.hash, true).second || In(next->keys, k.key.id)) continue;
    next->PutKey(k);
    keys.push_back(std::move(k));
  }
  if (next->keys_live > kKeysMax) return Fail(Code::kTooMany, "{}: at most {} keys can exist", path.string(), kKeysMax);
  if (!keys.empty())
    RETURN_IF_ERROR(Commit(std::move(next),
                           {{}, "key.import", into->id, into->id, into->account_id,
                            json::serialize(json::object{{"keys", keys.size()}, {"person", owner->person_id}})},
                           [&](store::Connection& c) -> Status {
                             for (const Snapshot::Key& k : keys) RETURN_IF_ERROR(Insert(c, k));
                             return {};
                           }));
  start.keys_imported = keys.size();
  std::error_code renamed;
  fs::rename(path, home_ / "keys.json.imported", renamed);
  if (renamed) return Fail(Code::kDisk, "{}: cannot be renamed: {}", path.string(), renamed.message());
  return SyncFolder(home_);
}

// ---- reading

std::shared_ptr<const Principal> Directory::Verify(std::string_view secret) const {
  if (secret.size() > kKeyTextMax || secret.empty()) return nullptr;
  const std::string hash = HashOf(secret);
  const auto now = Now();
  // How long the search takes depends on the keyed hash alone, which nobody outside can foresee.
  const auto found = now->by_hash.find(hash);
  if (found == now->by_hash.end() || !SameSecret(found->first, hash)) return nullptr;
  const ApiKey& key = found->second->key;
  if (key.expires_ms != 0 && clock_.unix_ms() >= key.expires_ms) return nullptr;
  return found->second;
}

std::optional<Suspension> Directory::WhySuspended(std::string_view secret) const {
  if (secret.size() > kKeyTextMax || secret.empty()) return {};
  const std::string hash = HashOf(secret);
  const auto now = Now();
  const auto found = now->barred.find(hash);
  if (found == now->barred.end() || !SameSecret(found->first, hash)) return {};
  const Snapshot::Barred& barred = *found->second;
  if (barred.expires_ms != 0 && clock_.unix_ms() >= barred.expires_ms) return {};
  return barred.suspension;
}

std::shared_ptr<const Principal> Directory::PrincipalOfKey(std::string_view key_id) const {
  const auto now = Now();
  const KeyRow* row = In(now->keys, key_id);
  const auto found = row ? now->by_hash.find(row->hash) : now->by_hash.end();
  if (found == now->by_hash.end()) return nullptr;
  const std::int64_t expires_ms = found->second->key.expires_ms;
  return expires_ms != 0 && clock_.unix_ms() >= expires_ms ? nullptr : found->second;
}

Result<std::shared_ptr<const Principal>> Directory::PrincipalOf(std::string_view person_id,
                                                                std::string_view workspace_id) const {
  const auto now = Now();
  const Person* person = In(now->people, person_id);
  if (!person || person->status != Standing::kActive) return Fail(Code::kNotFound, "there is no such person");
  const Workspace* workspace = In(now->workspaces, workspace_id);
  const Account* account = workspace ? In(now->accounts, workspace->account_id) : nullptr;
  const Member* member = now->FindMember(workspace_id, person_id);
  if (!account || (workspace->status == Standing::kClosed && !person->is_operator))
    return Fail(Code::kNotFound, "there is no such workspace");
  if (!member && !person->is_operator) return Fail(Code::kPermissionDenied, "you are no member of this workspace");
  auto principal = std::make_shared<Principal>();
  principal->workspace = *workspace;
  principal->account = *account;
  principal->person = *person;
  principal->role = member ? member->role : Role::kOwner;
  return principal;
}

std::vector<Account> Directory::Accounts() const {
  std::vector<Account> rows;
  for (const auto& [id, row] : Now()->accounts) rows.push_back(*row);
  SortByAge(rows);
  return rows;
}

std::vector<Workspace> Directory::Workspaces(std::string_view account_id) const {
  std::vector<Workspace> rows;
  const auto now = Now();
  for (const auto& [id, row] : now->workspaces)
    if (account_id.empty() || row->account_id == account_id) rows.push_back(*row);
  SortByAge(rows);
  return rows;
}

std::vector<Workspace> Directory::WorkspacesOf(std::string_view person_id) const {
  std::vector<Workspace> rows;
  const auto now = Now();
  for (const auto& [id, member] : now->members)
    if (const Workspace* w = member->person_id == person_id ? In(now->workspaces, member->workspace_id) : nullptr)
      rows.push_back(*w);
  SortByAge(rows);
  return rows;
}

std::vector<Member> Directory::Members(std::string_view workspace_id) const {
  std::vector<Member> rows;
  const auto now = Now();
  for (auto it = now->members.lower_bound(MemberId(workspace_id, "")); it != now->members.end(); ++it) {
    if (it->second->workspace_id != workspace_id) break;
    rows.push_back(*it->second);
  }
  SortByAge(rows);
  return rows;
}

std::vector<Person> Directory::People() const {
  std::vector<Person> rows;
  const auto now = Now();
  for (const auto& [id, row] : now->people) rows.push_back(*row);
  SortByAge(rows);
  return rows;
}

std::vector<ApiKey> Directory::Keys(std::string_view workspace_id) const {
  std::vector<ApiKey> rows;
  const auto now = Now();
  for (const auto& [id, row] : now->keys)
    if (row->key.workspace_id == workspace_id) rows.push_back(row->key);
  SortByAge(rows);
  return rows;
}

std::optional<Account> Directory::FindAccount(std::string_view id) const { return CopyOf(In(Now()->accounts, id)); }
std::optional<Workspace> Directory::FindWorkspace(std::string_view id) const {
  return CopyOf(In(Now()->workspaces, id));
}
std::optional<Member> Directory::FindMember(std::string_view workspace_id, std::string_view person_id) const {
  return CopyOf(Now()->FindMember(workspace_id, person_id));
}
std::optional<Person> Directory::FindPerson(std::string_view id) const { return CopyOf(In(Now()->people, id)); }

std::optional<Person> Directory::FindPersonByEmail(std::string_view email) const {
  const auto normal = NormalEmail(email);
  if (!normal) return {};
  const auto now = Now();
  for (const auto& [id, row] : now->people)
    if (row->email == *normal) return *row;
  return {};
}

std::optional<ApiKey> Directory::FindKey(std::string_view id) const {
  const auto now = Now();
  const Snapshot::Key* row = In(now->keys, id);
  return row ? std::optional(row->key) : std::nullopt;
}

// ---- changes

Result<Account> Directory::MakeAccount(const Actor& actor, Account draft) {
  RETURN_IF_ERROR(CheckAccount(draft));
  draft.id = RandomId("acc_");
  draft.created_ms = clock_.unix_ms();
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  Snapshot::Put(next->accounts, draft);
  RETURN_IF_ERROR(Commit(std::move(next),
                         {actor, "account.create", draft.id, "", draft.id, json::serialize(ToJson(draft))},
                         [&](store::Connection& c) { return Insert(c, draft); }));
  return draft;
}

Result<Account> Directory::UpdateAccount(const Actor& actor, const Account& account) {
  Account a = account;
  RETURN_IF_ERROR(CheckAccount(a));
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Account* old = In(next->accounts, a.id);
  if (!old) return Fail(Code::kNotFound, "there is no such account");
  if (a.currency != old->currency)
    return Fail(Code::kInvalidArgument, "currency: an account's currency does not change; make another account");
  a.created_ms = old->created_ms;
  const std::string detail = Difference(ToJson(*old), ToJson(a));
  Snapshot::Put(next->accounts, a);
  next->LinkAll();
  RETURN_IF_ERROR(Commit(std::move(next), {actor, "account.update", a.id, "", a.id, detail},
                         [&](store::Connection& c) -> Status {
                           RETURN_IF_ERROR(c.Execute(
                               "UPDATE account SET name = ?, billing = ?, credit_limit_micro = ?, tax_name = ?, "
                               "tax_ppm = ?, tax_number = ?, address = ?, email = ?, status = ? WHERE id = ?",
                               {a.name, BillingName(a.billing), a.credit_limit_micro, a.tax_name, a.tax_ppm,
                                a.tax_number, a.address, a.email, StandingName(a.status), a.id}));
                           return {};
                         }));
  return a;
}

Result<Workspace> Directory::MakeWorkspace(const Actor& actor, Workspace draft, std::string_view owner_id) {
  RETURN_IF_ERROR(CheckWorkspace(draft));
  draft.id = RandomId("ws_");
  draft.created_ms = clock_.unix_ms();
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  if (!In(next->accounts, draft.account_id)) return Fail(Code::kNotFound, "account_id: there is no such account");
  if (!owner_id.empty() && !In(next->people, owner_id)) return Fail(Code::kNotFound, "owner: there is no such person");
  Snapshot::Put(next->workspaces, draft);
  const Member owner{draft.id, std::string(owner_id), Role::kOwner, draft.created_ms};
  if (!owner_id.empty()) next->PutMember(owner);
  json::object detail = SettingsJson(draft);
  detail["owner"] = owner_id;
  RETURN_IF_ERROR(Commit(std::move(next),
                         {actor, "workspace.create", draft.id, draft.id, draft.account_id, json::serialize(detail)},
                         [&](store::Connection& c) -> Status {
                           RETURN_IF_ERROR(Insert(c, draft));
                           return owner_id.empty() ? Status() : Upsert(c, owner);
                         }));
  return draft;
}

Result<Workspace> Directory::UpdateWorkspace(const Actor& actor, const Workspace& workspace) {
  Workspace w = workspace;
  RETURN_IF_ERROR(CheckWorkspace(w));
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Workspace* old = In(next->workspaces, w.id);
  if (!old) return Fail(Code::kNotFound, "there is no such workspace");
  if (w.account_id != old->account_id)
    return Fail(Code::kInvalidArgument, "account_id: a workspace stays with its account");
  w.created_ms = old->created_ms;
  const std::string detail = Difference(SettingsJson(*old), SettingsJson(w));
  Snapshot::Put(next->workspaces, w);
  next->LinkAll();
  RETURN_IF_ERROR(Commit(
      std::move(next), {actor, "workspace.update", w.id, w.id, w.account_id, detail},
      [&](store::Connection& c) -> Status {
        RETURN_IF_ERROR(c.Execute(
            "UPDATE workspace SET name = ?, status = ?, weight = ?, priority = ?, share_prefix = ?, store_prompts = ?, "
            "retention_days = ?, discount_ppm = ?, sandbox = ? WHERE id = ?",
            {w.name, StandingName(w.status), w.weight, w.priority, Truth(w.share_prefix), Truth(w.store_prompts),
             w.retention_days, w.discount_ppm, Truth(w.sandbox), w.id}));
        return {};
      }));
  return w;
}

Result<Person> Directory::MakePerson(const Actor& actor, Person draft) {
  RETURN_IF_ERROR(CheckText("name", draft.name, kNameBytesMax, false));
  ASSIGN_OR_RETURN(draft.email, NormalEmail(draft.email));
  draft.id = RandomId("usr_");
  draft.created_ms = clock_.unix_ms();
  std::lock_guard lock(change_);
  if (FindPersonByEmail(draft.email))
    return Fail(Code::kAlreadyExists, "email: there is a person with this address already");
  auto next = std::make_shared<Snapshot>(*Now());
  if (next->people.size() >= kPeopleMax) return Fail(Code::kTooMany, "{} people exist already", next->people.size());
  Snapshot::Put(next->people, draft);
  RETURN_IF_ERROR(Commit(std::move(next), {actor, "person.create", draft.id, "", "", json::serialize(ToJson(draft))},
                         [&](store::Connection& c) { return Insert(c, draft); }));
  return draft;
}

Result<Person> Directory::UpdatePerson(const Actor& actor, const Person& person) {
  Person p = person;
  RETURN_IF_ERROR(CheckText("name", p.name, kNameBytesMax, false));
  if (!p.email.empty()) {
    ASSIGN_OR_RETURN(p.email, NormalEmail(p.email));
  }
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Person* old = In(next->people, p.id);
  if (!old) return Fail(Code::kNotFound, "there is no such person");
  if (p.email.empty() && !old->email.empty()) return Fail(Code::kInvalidArgument, "email: is missing");
  if (const auto other = p.email.empty() ? std::nullopt : FindPersonByEmail(p.email); other && other->id != p.id)
    return Fail(Code::kAlreadyExists, "email: there is a person with this address already");
  p.created_ms = old->created_ms;
  const std::string detail = Difference(ToJson(*old), ToJson(p));
  Snapshot::Put(next->people, p);
  if (std::none_of(next->people.begin(), next->people.end(), [](const auto& item) {
        return item.second->is_operator && item.second->status == Standing::kActive;
      }))
    return Fail(Code::kInvalidArgument, "this is the last person who runs the cloud; name another one first");
  // Who is closed is gone: their keys are revoked, and do not come back with them.
  std::vector<Snapshot::Key> revoked;
  if (p.status == Standing::kClosed) {
    const Table<Snapshot::Key> keys = next->keys;
    for (const auto& [id, row] : keys) {
      if (row->key.person_id != p.id || row->key.revoked_ms != 0) continue;
      Snapshot::Key dead = *row;
      dead.key.revoked_ms = std::max<std::int64_t>(1, clock_.unix_ms());
      revoked.push_back(dead);
      next->PutKey(std::move(dead));
    }
  }
  next->LinkAll();
  RETURN_IF_ERROR(Commit(std::move(next), {actor, "person.update", p.id, "", "", detail},
                         [&](store::Connection& c) -> Status {
                           RETURN_IF_ERROR(c.Execute(
                               "UPDATE person SET email = ?, name = ?, is_operator = ?, status = ? WHERE id = ?",
                               {EmailValue(p), p.name, Truth(p.is_operator), StandingName(p.status), p.id}));
                           for (const Snapshot::Key& key : revoked) RETURN_IF_ERROR(Update(c, key));
                           // A session says who somebody is, and is worth nothing for who may not come in.
                           if (p.status != Standing::kActive)
                             RETURN_IF_ERROR(c.Execute("DELETE FROM console_session WHERE person_id = ?", {p.id}));
                           return {};
                         }));
  return p;
}

namespace {
constexpr std::string_view kLastOwner = "this is the workspace's last owner; make another member its owner first";
}  // namespace

Status Directory::SetMember(const Actor& actor, std::string_view workspace_id, std::string_view person_id, Role role) {
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Workspace* workspace = In(next->workspaces, workspace_id);
  if (!workspace) return Fail(Code::kNotFound, "there is no such workspace");
  if (!In(next->people, person_id)) return Fail(Code::kNotFound, "there is no such person");
  const Member* old = next->FindMember(workspace_id, person_id);
  const Member member{std::string(workspace_id), std::string(person_id), role,
                      old ? old->created_ms : clock_.unix_ms()};
  const json::object before = old ? json::object{{"role", RoleName(old->role)}} : json::object{};
  const bool was_owner = old && old->role == Role::kOwner;
  next->PutMember(member);
  const std::vector<Member> others = Members(workspace_id);
  if (was_owner && role != Role::kOwner && std::none_of(others.begin(), others.end(), [&](const Member& m) {
        return m.role == Role::kOwner && m.person_id != person_id;
      }))
    return Fail(Code::kInvalidArgument, "{}", kLastOwner);
  next->LinkAll();
  return Commit(std::move(next),
                {actor, "member.set", member.person_id, workspace->id, workspace->account_id,
                 Difference(before, {{"role", RoleName(role)}})},
                [&](store::Connection& c) { return Upsert(c, member); });
}

Status Directory::RemoveMember(const Actor& actor, std::string_view workspace_id, std::string_view person_id) {
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Workspace* workspace = In(next->workspaces, workspace_id);
  const Member* found = next->FindMember(workspace_id, person_id);
  if (!workspace || !found) return Fail(Code::kNotFound, "there is no such member");
  const Member old = *found;
  const std::vector<Member> others = Members(workspace_id);
  if (old.role == Role::kOwner && std::none_of(others.begin(), others.end(), [&](const Member& m) {
        return m.role == Role::kOwner && m.person_id != person_id;
      }))
    return Fail(Code::kInvalidArgument, "{}", kLastOwner);
  next->members.erase(MemberId(workspace_id, person_id));
  std::vector<Snapshot::Key> revoked;
  json::array ids;
  const Table<Snapshot::Key> keys = next->keys;
  for (const auto& [id, row] : keys) {
    if (row->key.person_id != person_id || row->key.workspace_id != workspace_id || row->key.revoked_ms != 0) continue;
    Snapshot::Key dead = *row;
    dead.key.revoked_ms = std::max<std::int64_t>(1, clock_.unix_ms());
    if (!dead.key.temporary) revoked.push_back(dead);
    ids.emplace_back(id);
    next->PutKey(std::move(dead));
  }
  return Commit(std::move(next),
                {actor, "member.remove", old.person_id, workspace->id, workspace->account_id,
                 json::serialize(json::object{{"role", RoleName(old.role)}, {"keys_revoked", ids}})},
                [&](store::Connection& c) -> Status {
                  RETURN_IF_ERROR(c.Execute("DELETE FROM member WHERE workspace_id = ? AND person_id = ?",
                                            {old.workspace_id, old.person_id}));
                  for (const Snapshot::Key& key : revoked) RETURN_IF_ERROR(Update(c, key));
                  return {};
                });
}

Status Directory::MayMakeKeyFor(const Snapshot& now, const Actor& actor, std::string_view workspace_id,
                                std::string_view person_id) const {
  const Person* person = In(now.people, person_id);
  const Member* member = now.FindMember(workspace_id, person_id);
  if (!person || person->status != Standing::kActive || (!member && !person->is_operator))
    return Fail(Code::kNotFound, "person_id: there is no such member");
  if (actor.person_id.empty() || actor.person_id == person_id) return {};
  const Person* by = In(now.people, actor.person_id);
  if (by && by->is_operator && by->status == Standing::kActive) return {};
  const Member* maker = now.FindMember(workspace_id, actor.person_id);
  if (!by || !maker || person->is_operator || !May(maker->role, Right::kManageKeys) || maker->role < member->role)
    return Fail(Code::kPermissionDenied, "a key can do what its person can: this member makes their own");
  return {};
}

Result<MadeKey> Directory::MakeKey(const Actor& actor, const KeyDraft& draft) {
  Snapshot::Key k;
  RETURN_IF_ERROR(CheckName("name", draft.name));
  RETURN_IF_ERROR(CheckScopes(draft.scopes, k.ip_ranges));
  const std::int64_t at = clock_.unix_ms();
  if (draft.expires_ms != 0 && draft.expires_ms <= at)
    return Fail(Code::kInvalidArgument, "expires_ms: this moment has passed");
  const std::string secret = std::string(kPrefix) + RandomHex(kKeyBytes);
  k.key = {RandomId("key_"), draft.workspace_id, draft.person_id, draft.name, secret.substr(0, kHintLength),
           draft.scopes, at, draft.expires_ms};
  k.hash = HashOf(secret);
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Workspace* workspace = In(next->workspaces, draft.workspace_id);
  if (!workspace || workspace->status == Standing::kClosed) return Fail(Code::kNotFound, "there is no such workspace");
  RETURN_IF_ERROR(MayMakeKeyFor(*next, actor, draft.workspace_id, draft.person_id));
  std::string forgotten;
  RETURN_IF_ERROR(next->MakeRoom(draft.workspace_id, at, forgotten));
  next->PutKey(k);
  RETURN_IF_ERROR(Commit(std::move(next),
                         {actor, "key.create", k.key.id, workspace->id, workspace->account_id,
                          json::serialize(ToJson(k.key))},
                         [&](store::Connection& c) -> Status {
                           RETURN_IF_ERROR(c.Execute("DELETE FROM api_key WHERE id = ?", {forgotten}));
                           return Insert(c, k);
                         }));
  return MadeKey{std::move(k.key), Secret<std::string>(secret)};
}

Result<ApiKey> Directory::UpdateKey(const Actor& actor, const ApiKey& key) {
  RETURN_IF_ERROR(CheckName("name", key.name));
  std::vector<IpRange> ranges;
  RETURN_IF_ERROR(CheckScopes(key.scopes, ranges));
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Snapshot::Key* old = In(next->keys, key.id);
  if (!old || old->key.temporary) return Fail(Code::kNotFound, "there is no such key");
  if (old->key.revoked_ms != 0) return Fail(Code::kInvalidArgument, "this key is revoked");
  Snapshot::Key k = *old;
  k.key.name = key.name, k.key.scopes = key.scopes, k.key.expires_ms = key.expires_ms, k.ip_ranges = ranges;
  // A key of somebody above them may be known to many; who gives it more to do would be who it belongs to.
  if (ScopesText(key.scopes) != ScopesText(old->key.scopes) || key.expires_ms != old->key.expires_ms)
    RETURN_IF_ERROR(MayMakeKeyFor(*next, actor, old->key.workspace_id, old->key.person_id));
  if (key.expires_ms < 0 || (key.expires_ms != old->key.expires_ms && key.expires_ms != 0 &&
                             key.expires_ms <= clock_.unix_ms()))
    return Fail(Code::kInvalidArgument, "expires_ms: this moment has passed");
  const std::string detail = Difference(ToJson(old->key), ToJson(k.key));
  const Workspace* workspace = In(next->workspaces, k.key.workspace_id);
  CHECK(workspace != nullptr);
  next->PutKey(k);
  RETURN_IF_ERROR(Commit(std::move(next), {actor, "key.update", k.key.id, workspace->id, workspace->account_id, detail},
                         [&](store::Connection& c) { return Update(c, k); }));
  return k.key;
}

Result<MadeKey> Directory::RotateKey(const Actor& actor, std::string_view key_id, std::int64_t overlap_ms) {
  if (overlap_ms < 0 || overlap_ms > kRotationOverlapMsMax)
    return Fail(Code::kInvalidArgument, "overlap_ms: {} is not within 0 and {}", overlap_ms, kRotationOverlapMsMax);
  const std::int64_t at = clock_.unix_ms();
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Snapshot::Key* found = In(next->keys, key_id);
  if (!found || found->key.temporary) return Fail(Code::kNotFound, "there is no such key");
  Snapshot::Key k = *found;
  if (k.key.revoked_ms != 0 || (k.key.expires_ms != 0 && k.key.expires_ms <= at))
    return Fail(Code::kInvalidArgument, "this key is revoked or has expired; make another");
  RETURN_IF_ERROR(MayMakeKeyFor(*next, actor, k.key.workspace_id, k.key.person_id));
  const std::string secret = std::string(kPrefix) + RandomHex(kKeyBytes);
  k.old_hash = overlap_ms > 0 ? k.hash : std::string();
  k.old_until_ms = overlap_ms > 0 ? at + overlap_ms : 0;
  k.key.hint = secret.substr(0, kHintLength), k.hash = HashOf(secret);
  next->PutKey(k);
  const Workspace* workspace = In(next->workspaces, k.key.workspace_id);
  CHECK(workspace != nullptr);
  RETURN_IF_ERROR(Commit(std::move(next),
                         {actor, "key.rotate", k.key.id, workspace->id, workspace->account_id,
                          json::serialize(json::object{{"overlap_ms", overlap_ms}})},
                         [&](store::Connection& c) { return Update(c, k); }));
  return MadeKey{std::move(k.key), Secret<std::string>(secret)};
}

Status Directory::RevokeKey(const Actor& actor, std::string_view key_id) {
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  const Snapshot::Key* old = In(next->keys, key_id);
  if (!old || old->key.temporary) return Fail(Code::kNotFound, "there is no such key");
  if (old->key.revoked_ms != 0) return {};
  Snapshot::Key k = *old;
  k.key.revoked_ms = std::max<std::int64_t>(1, clock_.unix_ms());
  const Workspace* workspace = In(next->workspaces, k.key.workspace_id);
  CHECK(workspace != nullptr);
  next->PutKey(k);
  return Commit(std::move(next), {actor, "key.revoke", k.key.id, workspace->id, workspace->account_id},
                [&](store::Connection& c) { return Update(c, k); });
}

Secret<std::string> Directory::MakeTemporaryKey(std::string_view name) {
  const std::string secret = std::string(kPrefix) + RandomHex(kKeyBytes);
  std::lock_guard lock(change_);
  auto next = std::make_shared<Snapshot>(*Now());
  for (const Workspace& w : Workspaces())
    for (const Member& m : Members(w.id)) {
      if (m.role != Role::kOwner) continue;
      Snapshot::Key k;
      k.key = {RandomId("key_"), w.id, m.person_id, std::string(name), secret.substr(0, kHintLength), {},
               clock_.unix_ms()};
      k.key.temporary = true;
      k.hash = HashOf(secret);
      next->PutKey(std::move(k));
      snapshot_.With([&](auto& held) { held = std::move(next); });
      return Secret<std::string>(secret);
    }
  CHECK(false && "MakeTemporaryKey before MakeFirst");
}

}  // namespace yun::cloud
