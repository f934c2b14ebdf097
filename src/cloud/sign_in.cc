#include "cloud/sign_in.h"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "cloud/clock.h"
#include "cloud/totp.h"
#include "store/database.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kTokenBytes = 32;
constexpr std::size_t kTokenTextMax = 256;  // longer ones are not even hashed
constexpr std::size_t kAgentBytesMax = 200;
constexpr std::int64_t kMadeWithinMs = 60000;  // between a person's time and that of the audit row
constexpr std::int64_t kSeenStepMs = 60000;  // a session's last request is noted this often
constexpr std::string_view kWrong = "The e-mail address, the password or the code is wrong.";
constexpr std::string_view kNoSession = "You are not signed in, or no longer.";

/// What a client says of itself, fit for a row.
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char c : text.substr(0, kAgentBytesMax)) plain += c >= 0x20 && c < 0x7f ? c : '?';
  return plain;
}

/// One name for all addresses that one attacker has for free: an IPv6 customer gets 2^64 of them.
std::string NetworkOf(std::string_view ip) {
  const std::optional<IpAddress> address = ParseIp(ip);
  if (!address) return "ip:?";
  const std::string_view bytes(reinterpret_cast<const char*>(address->data()), address->size());
  const bool v4 = bytes.starts_with(std::string_view("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12));
  return "ip:" + HexOf(bytes.substr(0, v4 ? 16 : 8));
}

std::string TokenHash(const Directory& directory, std::string_view purpose, std::string_view token) {
  return KeyedHash(directory.server_key(), purpose, token);
}

std::string Detail(std::string_view method) {
  return json::serialize(json::object{{"method", json::string_view(method.data(), method.size())}});
}

}  // namespace

SignIn::SignIn(store::Database& database, Directory& directory, SignInOptions options)
    : database_(database), directory_(directory), options_(options) {}

std::int64_t SignIn::SteadyMs() const { return directory_.clock().steady_ns() / 1'000'000; }

// ---- failures

Status SignIn::MayTry(const std::string& who, int failures_max) const {
  const std::int64_t now = SteadyMs();
  return failures_.With([&](const auto& failures) -> Status {
    const auto it = failures.find(who);
    if (it == failures.end() || it->second.count < failures_max || now - it->second.since_ms >= kFailureWindowMs)
      return {};
    Error error{Code::kTooMany, "Too many failed attempts; try again later, or ask for a sign-in link."};
    error.retry_after_s = static_cast<std::uint32_t>((it->second.since_ms + kFailureWindowMs - now + 999) / 1000);
    return tl::unexpected<Error>(std::move(error));
  });
}

void SignIn::NoteFailure(const std::string& who) {
  const std::int64_t now = SteadyMs();
  failures_.With([&](auto& failures) {
    if (failures.size() >= kFailureEntriesMax && !failures.contains(who)) {
      std::erase_if(failures, [&](const auto& item) { return now - item.second.since_ms >= kFailureWindowMs; });
      if (failures.size() >= kFailureEntriesMax)
        failures.erase(std::min_element(failures.begin(), failures.end(), [](const auto& a, const auto& b) {
          return a.second.since_ms < b.second.since_ms;
        }));
    }
    Failures& entry = failures[who];
    if (entry.count == 0 || now - entry.since_ms >= kFailureWindowMs) entry = {0, now};
    ++entry.count;
  });
}

Status SignIn::Refused(const std::string& person_id, std::string_view method, const Caller& caller,
                       std::initializer_list<std::string> who) {
  for (const std::string& w : who) NoteFailure(w);
  // Who was asked for stands in the log only when there is such a person: people type passwords into the wrong field.
  const AuditEntry entry{{"", "", Plain(caller.ip)}, "session.refuse", person_id, "", "", Detail(method)};
  if (const Status kept = directory_.audit().Append(entry); !kept)
    log::error("a refused sign-in could not be written to the audit log: {}", kept.error().message);
  return Fail(Code::kUnauthenticated, "{}", kWrong);
}

// ---- passwords

namespace {
/// Counts a password check while it runs; false when too many do.
class Slot {
 public:
  explicit Slot(Guarded<int>& running) : running_(running) {
    taken_ = running_.With([](int& n) { return n < kPasswordChecksMax && (++n, true); });
  }
  ~Slot() {
    if (taken_) running_.With([](int& n) { --n; });
  }
  Slot(const Slot&) = delete;
  bool taken() const { return taken_; }

 private:
  Guarded<int>& running_;
  bool taken_;
};

tl::unexpected<Error> Busy() {
  Error error{Code::kTooMany, "Too many people are signing in at this moment; try again."};
  error.retry_after_s = 1;
  return tl::unexpected<Error>(std::move(error));
}
}  // namespace

Result<std::string> SignIn::HashPassword(std::string_view password) {
  const Slot slot(checks_running_);
  if (!slot.taken()) return Busy();
  char hash[crypto_pwhash_STRBYTES] = {};
  if (crypto_pwhash_str_alg(hash, password.data(), password.size(), options_.password_operations,
                            options_.password_memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Fail(Code::kNoMemory, "there is no memory to hash a password: {} bytes are needed",
                options_.password_memory_bytes);
  return std::string(hash);
}

Result<bool> SignIn::PasswordMatches(const std::string& hash, std::string_view password) {
  // Without a hash to compare with, as much work is done: an unknown address takes as long as a known one.
  if (hash.empty()) {
    RETURN_IF_ERROR(HashPassword(password));
    return false;
  }
  const Slot slot(checks_running_);
  if (!slot.taken()) return Busy();
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

Result<NewSession> SignIn::WithPassword(std::string_view email, std::string_view password, std::string_view code,
                                        const Caller& caller) {
  const std::optional<Person> person = directory_.FindPersonByEmail(email);
  const std::string id = person ? person->id : "", network = NetworkOf(caller.ip);
  const std::string who = "email:" + HexOf(TokenHash(directory_, "failure", person ? person->email : email));
  RETURN_IF_ERROR(MayTry(who));
  RETURN_IF_ERROR(MayTry(network, kNetworkFailuresMax));
  std::string hash, sealed;
  std::int64_t last_step = 0;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT password_hash, totp_secret, totp_confirmed, totp_last_step FROM person "
                             "WHERE id = ? AND status = 'active'", {id}));
    if (rows.empty()) return {};
    hash = rows[0].Text(0);
    if (rows[0].Int(2) != 0) sealed = rows[0].Bytes(1);
    last_step = rows[0].Int(3);
    return {};
  }));
  const auto refused = [&]() -> Result<NewSession> {
    return tl::unexpected<Error>(Refused(id, "password", caller, {who, network}).error());
  };
  if (password.size() > kPasswordBytesMax) return refused();
  ASSIGN_OR_RETURN(const bool matches, PasswordMatches(hash, password));
  if (!matches) return refused();
  std::int64_t step = last_step;
  if (!sealed.empty()) {
    if (code.empty()) return Fail(Code::kUnauthenticated, "{}", kCodeNeeded);
    const std::optional<std::string> secret = Unseal(directory_.server_key(), "totp", sealed);
    if (!secret) return Fail(Code::kCorrupt, "the authenticator's secret was sealed with another server.key");
    const std::optional<std::int64_t> found = TotpStep(*secret, code, directory_.clock().unix_ms(), last_step);
    if (!found) return refused();
    step = *found;
  }
  NewSession made;
  bool replayed = false;
  RETURN_IF_ERROR(database_.Write([&](store::Connection& c) -> Status {
    if (step != last_step) {
      ASSIGN_OR_RETURN(const std::int64_t changed,
                       c.Execute("UPDATE person SET totp_last_step = ? WHERE id = ? AND totp_last_step < ?",
                                 {step, id, step}));
      replayed = changed == 0;  // the same code was used in the same moment
      if (replayed) return {};
    }
    ASSIGN_OR_RETURN(made, Begin(c, id, "password", caller));
    return {};
  }));
  if (replayed) return refused();
  failures_.With([&](auto& failures) { failures.erase(who); });
  return made;
}

// ---- links and identities

Result<NewSession> SignIn::WithLink(std::string_view token, const Caller& caller) {
  const std::string network = NetworkOf(caller.ip);
  RETURN_IF_ERROR(MayTry(network, kNetworkFailuresMax));
  NewSession made;
  bool good = false;
  if (!token.empty() && token.size() <= kTokenTextMax) {
    const store::Blob hash{TokenHash(directory_, "link", token)};
    RETURN_IF_ERROR(database_.Write([&](store::Connection& c) -> Status {
      ASSIGN_OR_RETURN(const store::Rows rows,
                       c.Query("DELETE FROM sign_in_link WHERE token_hash = ? RETURNING person_id, expires_ms",
                               {hash}));
      if (rows.empty() || rows[0].Int(1) <= directory_.clock().unix_ms()) return {};
      ASSIGN_OR_RETURN(made, Begin(c, std::string(rows[0].Text(0)), "link", caller));
      good = true;
      return {};
    }));
  }
  if (good) return made;
  (void)Refused("", "link", caller, {network});
  return Fail(Code::kUnauthenticated, "This sign-in link was used before, has expired or never was.");
}

Result<NewSession> SignIn::WithIdentity(const Identity& identity, const Caller& caller) {
  NewSession made;
  bool good = false;
  const std::optional<Person> by_email =
      identity.email_verified ? directory_.FindPersonByEmail(identity.email) : std::nullopt;
  RETURN_IF_ERROR(database_.Write([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT person_id FROM person_identity WHERE issuer = ? AND subject = ?",
                             {identity.issuer, identity.subject}));
    std::string id = rows.empty() ? "" : std::string(rows[0].Text(0));
    if (id.empty() && by_email) {
      id = by_email->id;
      // Whoever invited this address has had a way in before its owner came: it ends here.
      ASSIGN_OR_RETURN(const bool proven, IsProven(c, *by_email));
      if (!proven) {
        RETURN_IF_ERROR(c.Execute("UPDATE person SET password_hash = NULL, totp_secret = NULL, totp_confirmed = 0 "
                                  "WHERE id = ?", {id}));
        RETURN_IF_ERROR(c.Execute("DELETE FROM console_session WHERE person_id = ?", {id}));
        RETURN_IF_ERROR(c.Execute("DELETE FROM sign_in_link WHERE person_id = ?", {id}));
      }
      RETURN_IF_ERROR(c.Execute(
          "INSERT INTO person_identity (issuer, subject, person_id, created_ms) VALUES (?, ?, ?, ?)",
          {identity.issuer, identity.subject, id, directory_.clock().unix_ms()}));
      RETURN_IF_ERROR(directory_.audit().Append(
          c, {{id, "", Plain(caller.ip)}, "identity.link", id, "", "",
              json::serialize(json::object{{"issuer", identity.issuer}, {"subject", identity.subject}})}));
    }
    if (id.empty()) return {};
    ASSIGN_OR_RETURN(made, Begin(c, id, "oidc", caller));
    good = true;
    return {};
  }));
  if (good) return made;
  (void)Refused("", "oidc", caller, {});
  return Fail(Code::kUnauthenticated, "Nobody here is known by this account; ask for an invitation to your address.");
}

Result<bool> SignIn::IsProven(store::Connection& c, const Person& person) const {
  ASSIGN_OR_RETURN(const store::Rows known,
                   c.Query("SELECT 1 FROM person_identity WHERE person_id = ? LIMIT 1", {person.id}));
  if (!known.empty()) return true;
  ASSIGN_OR_RETURN(const store::Rows made,
                   c.Query("SELECT person_id FROM audit_log WHERE at_ms >= ? AND at_ms <= ? AND action = ? AND "
                           "target = ? ORDER BY id LIMIT 1",
                           {person.created_ms - kMadeWithinMs, person.created_ms + kMadeWithinMs, "person.create",
                            person.id}));
  if (made.empty()) return false;
  const std::string_view by = made[0].Text(0);
  const std::optional<Person> maker = directory_.FindPerson(by);
  return by.empty() || (maker && maker->is_operator);
}

Result<bool> SignIn::HasProvenAddress(const Person& person) const {
  bool proven = false;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(proven, IsProven(c, person));
    return {};
  }));
  return proven;
}

// ---- sessions

Result<NewSession> SignIn::Begin(store::Connection& c, const std::string& person_id, std::string_view method,
                                 const Caller& caller) {
  const std::optional<Person> person = directory_.FindPerson(person_id);
  if (!person || person->status != Standing::kActive)
    return Fail(Code::kPermissionDenied, "This person's access is suspended.");
  NewSession made;
  Session& s = made.session;
  const std::int64_t now = directory_.clock().unix_ms();
  s = {RandomId("ses_"), person_id, std::string(method), Plain(caller.ip), Plain(caller.user_agent), now, now,
       now + options_.session_ms};
  made.token = Secret<std::string>(RandomHex(kTokenBytes));
  RETURN_IF_ERROR(c.Execute("DELETE FROM console_session WHERE expires_ms <= ?", {now}));
  RETURN_IF_ERROR(c.Execute("DELETE FROM sign_in_link WHERE expires_ms <= ?", {now}));
  RETURN_IF_ERROR(c.Execute(
      "INSERT INTO console_session (id, token_hash, person_id, method, ip, user_agent, created_ms, seen_ms, expires_ms)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {s.id, store::Blob{TokenHash(directory_, "session", made.token.Reveal())}, s.person_id, s.method, s.ip,
       s.user_agent, s.created_ms, s.seen_ms, s.expires_ms}));
  RETURN_IF_ERROR(c.Execute(
      "DELETE FROM console_session WHERE person_id = ? AND id NOT IN (SELECT id FROM console_session "
      "WHERE person_id = ? ORDER BY created_ms DESC, id LIMIT ?)",
      {s.person_id, s.person_id, static_cast<std::int64_t>(kSessionsOfPersonMax)}));
  RETURN_IF_ERROR(
      directory_.audit().Append(c, {{person_id, "", s.ip}, "session.begin", person_id, "", "", Detail(method)}));
  return made;
}

namespace {
constexpr std::string_view kSessionColumns =
    "SELECT id, person_id, method, ip, user_agent, created_ms, seen_ms, expires_ms FROM console_session";

Session SessionOf(const store::Row& r) {
  return {std::string(r.Text(0)), std::string(r.Text(1)), std::string(r.Text(2)), std::string(r.Text(3)),
          std::string(r.Text(4)), r.Int(5),               r.Int(6),               r.Int(7)};
}
}  // namespace

Result<Session> SignIn::Check(std::string_view token, const Caller&) {
  if (token.empty() || token.size() > kTokenTextMax) return Fail(Code::kUnauthenticated, "{}", kNoSession);
  const store::Blob hash{TokenHash(directory_, "session", token)};
  std::optional<Session> session;
  RETURN_IF_ERROR(database_.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows, c.Query(fmt::format("{} WHERE token_hash = ?", kSessionColumns), {hash}));
    if (!rows.empty()) session = SessionOf(rows[0]);
    return {};
  }));
  const std::int64_t now = directory_.clock().unix_ms();
  if (!session || now >= session->expires_ms || now - session->seen_ms >= options_.session_idle_ms)
    return Fail(Code::kUnauthenticated, "{}", kNoSession);
  const std::optional<Person> person = directory_.FindPerson(session->person_id);
  if (!person || person->status != Standing::kActive) return Fail(Code::kUnauthenticated, "{}", kNoSession);
  if (now - session->seen_ms >= kSeenStepMs) {
    session->seen_ms = now;
    // Lost when the queue is full: the session then ends somewhat earlier.
    (void)database_.Enqueue([id = session->id, now](store::Connection& c) -> Status {
      RETURN_IF_ERROR(c.Execute("UPDATE console_session SET seen_ms = ? WHERE id = ? AND seen_ms < ?", {now, id, now}));
      return {};
    });
  }
  return *std::move(session);
}

std::string SignIn::CsrfToken(const Session& session) const {
  return HexOf(TokenHash(directory_, "csrf", session.id));
}

bool SignIn::CsrfMatches(const Session& session, std::string_view token) const {
  return SameSecret(CsrfToken(session), token);
}

std::vector<Session> SignIn::Sessions(std::string_view person_id) const {
  std::vector<Session> sessions;
  const Status read = database_.Read([&](store::Connection& c) -> Status {
    const std::int64_t now = directory_.clock().unix_ms();
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query(fmt::format("{} WHERE person_id = ? AND expires_ms > ? AND seen_ms > ? "
                                         "ORDER BY created_ms, id", kSessionColumns),
                             {person_id, now, now - options_.session_idle_ms}));
    for (const store::Row& row : rows) sessions.push_back(SessionOf(row));
    return {};
  });
  if (!read) log::error("the sessions of a person could not be read: {}", read.error().message);
  return sessions;
}

Status SignIn::SignOut(const Session& session) {
  return database_.Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("DELETE FROM console_session WHERE id = ?", {session.id}));
    return directory_.audit().Append(c, {{session.person_id, "", session.ip}, "session.end", session.person_id});
  });
}

Status SignIn::SignOutEverywhere(const Actor& actor, std::string_view person_id) {
  return database_.Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("DELETE FROM console_session WHERE person_id = ?", {person_id}));
    RETURN_IF_ERROR(c.Execute("DELETE FROM sign_in_link WHERE person_id = ?", {person_id}));
    return directory_.audit().Append(c, {actor, "session.end_all", std::string(person_id)});
  });
}

// ---- what a person signs in with

Result<Secret<std::string>> SignIn::MakeLink(const Actor& actor, std::string_view person_id) {
  const std::string token = RandomHex(kTokenBytes);
  if (!directory_.FindPerson(person_id)) return Fail(Code::kNotFound, "there is no such person");
  RETURN_IF_ERROR(database_.Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("DELETE FROM sign_in_link WHERE person_id = ?", {person_id}));
    RETURN_IF_ERROR(c.Execute("INSERT INTO sign_in_link (token_hash, person_id, expires_ms) VALUES (?, ?, ?)",
                              {store::Blob{TokenHash(directory_, "link", token)}, person_id,
                               directory_.clock().unix_ms() + options_.link_ms}));
    return directory_.audit().Append(c, {actor, "link.create", std::string(person_id)});
  }));
  return Secret<std::string>(token);
}

Status SignIn::SetPassword(const Actor& actor, std::string_view person_id, std::string_view password,
                           std::string_view keep_session_id) {
  if (password.size() < kPasswordBytesMin || password.size() > kPasswordBytesMax)
    return Fail(Code::kInvalidArgument, "password: between {} and {} bytes are needed", kPasswordBytesMin,
                kPasswordBytesMax);
  const std::optional<Person> person = directory_.FindPerson(person_id);
  if (!person) return Fail(Code::kNotFound, "there is no such person");
  if (person->email.empty())
    return Fail(Code::kInvalidArgument, "email: a password needs an e-mail address to sign in with; set it first");
  ASSIGN_OR_RETURN(const std::string hash, HashPassword(password));
  return database_.Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("UPDATE person SET password_hash = ? WHERE id = ?", {hash, person_id}));
    RETURN_IF_ERROR(
        c.Execute("DELETE FROM console_session WHERE person_id = ? AND id <> ?", {person_id, keep_session_id}));
    RETURN_IF_ERROR(c.Execute("DELETE FROM sign_in_link WHERE person_id = ?", {person_id}));
    return directory_.audit().Append(c, {actor, "password.set", std::string(person_id)});
  });
}

namespace {
struct Factor {
  std::string password_hash;
  bool confirmed = false;
  std::string sealed;
  std::int64_t last_step = 0;
};

Result<Factor> FactorOf(store::Database& database, std::string_view person_id) {
  std::optional<Factor> factor;
  RETURN_IF_ERROR(database.Read([&](store::Connection& c) -> Status {
    ASSIGN_OR_RETURN(const store::Rows rows,
                     c.Query("SELECT password_hash, totp_secret, totp_confirmed, totp_last_step FROM person "
                             "WHERE id = ?", {person_id}));
    if (!rows.empty())
      factor = Factor{std::string(rows[0].Text(0)), rows[0].Int(2) != 0, std::string(rows[0].Bytes(1)), rows[0].Int(3)};
    return {};
  }));
  if (!factor) return Fail(Code::kNotFound, "there is no such person");
  return *std::move(factor);
}
}  // namespace

bool SignIn::HasPassword(std::string_view person_id) const {
  const auto factor = FactorOf(database_, person_id);
  return factor && !factor->password_hash.empty();
}

Status SignIn::CheckPassword(std::string_view person_id, std::string_view password, const Caller& caller) {
  const std::string who = "check:" + std::string(person_id);
  RETURN_IF_ERROR(MayTry(who));
  ASSIGN_OR_RETURN(const Factor factor, FactorOf(database_, person_id));
  ASSIGN_OR_RETURN(const bool matches,
                   PasswordMatches(factor.password_hash, password.substr(0, kPasswordBytesMax + 1)));
  if (matches) return {};
  (void)Refused(std::string(person_id), "password", caller, {who});
  return Fail(Code::kPermissionDenied, "This is not your password.");
}

bool SignIn::HasTotp(std::string_view person_id) const {
  const auto factor = FactorOf(database_, person_id);
  return factor && factor->confirmed;
}

Result<Secret<std::string>> SignIn::BeginTotp(const Actor& actor, std::string_view person_id) {
  ASSIGN_OR_RETURN(const Factor factor, FactorOf(database_, person_id));
  if (factor.confirmed) return Fail(Code::kAlreadyExists, "an authenticator is in use; remove it first");
  Secret<std::string> secret = MakeTotpSecret();
  const store::Blob sealed{Seal(directory_.server_key(), "totp", secret.Reveal())};
  RETURN_IF_ERROR(database_.Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("UPDATE person SET totp_secret = ? WHERE id = ? AND totp_confirmed = 0",
                              {sealed, person_id}));
    return directory_.audit().Append(c, {actor, "totp.begin", std::string(person_id)});
  }));
  return secret;
}

Status SignIn::ConfirmTotp(const Actor& actor, std::string_view person_id, std::string_view code) {
  const std::string who = "totp:" + std::string(person_id);
  RETURN_IF_ERROR(MayTry(who));
  ASSIGN_OR_RETURN(const Factor factor, FactorOf(database_, person_id));
  const std::optional<std::string> secret = Unseal(directory_.server_key(), "totp", factor.sealed);
  if (factor.confirmed || !secret) return Fail(Code::kInvalidArgument, "there is no new authenticator to confirm");
  const std::optional<std::int64_t> step = TotpStep(*secret, code, directory_.clock().unix_ms(), factor.last_step);
  if (!step) {
    NoteFailure(who);
    return Fail(Code::kInvalidArgument, "code: this is not what the authenticator shows now; is its clock right?");
  }
  return database_.Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(c.Execute("UPDATE person SET totp_confirmed = 1, totp_last_step = ? WHERE id = ? "
                              "AND totp_secret = ?", {*step, person_id, store::Blob{factor.sealed}}));
    return directory_.audit().Append(c, {actor, "totp.confirm", std::string(person_id)});
  });
}

Status SignIn::RemoveTotp(const Actor& actor, std::string_view person_id) {
  if (!directory_.FindPerson(person_id)) return Fail(Code::kNotFound, "there is no such person");
  return database_.Write([&](store::Connection& c) -> Status {
    RETURN_IF_ERROR(
        c.Execute("UPDATE person SET totp_secret = NULL, totp_confirmed = 0 WHERE id = ?", {person_id}));
    return directory_.audit().Append(c, {actor, "totp.remove", std::string(person_id)});
  });
}

}  // namespace yun::cloud
