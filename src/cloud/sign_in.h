// Console sign-in: passwords, one-time links, a second factor, identities of other providers, and the sessions made.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "base/secret.h"
#include "cloud/directory.h"

namespace yun::cloud {

struct SignInOptions {
  std::int64_t session_ms = std::int64_t{12} * 3600 * 1000;      // from the sign-in
  std::int64_t session_idle_ms = std::int64_t{2} * 3600 * 1000;  // from the last request
  std::int64_t link_ms = std::int64_t{24} * 3600 * 1000;
  // argon2id, RFC 9106's second recommendation scaled to libsodium's "interactive": ~0.1 s.
  unsigned long long password_operations = 2;
  std::size_t password_memory_bytes = 64u << 20;
};

inline constexpr std::size_t kPasswordBytesMin = 10, kPasswordBytesMax = 256;
inline constexpr int kFailuresMax = 10;                     // of one e-mail address ...
inline constexpr int kNetworkFailuresMax = 100;             // ... or of one network (an office, a proxy) ...
inline constexpr std::int64_t kFailureWindowMs = 900000;    // ... in this time; then 429
inline constexpr std::size_t kFailureEntriesMax = 65536;    // more, and the oldest is forgotten
inline constexpr int kPasswordChecksMax = 2;                // at once: each takes password_memory_bytes
inline constexpr std::size_t kSessionsOfPersonMax = 50;     // more, and the oldest ends

struct Session {
  std::string id;  // "ses_...": not the secret
  std::string person_id;
  std::string method;  // "password", "link", "oidc"
  std::string ip, user_agent;
  std::int64_t created_ms = 0, seen_ms = 0, expires_ms = 0;
};

struct NewSession {
  Session session;
  Secret<std::string> token;  // for the cookie; kept only as a hash
};

/// From where and with what a person comes.
struct Caller {
  std::string ip, user_agent;
};

/// Who another provider says that somebody is; see oidc.h.
struct Identity {
  std::string issuer, subject;
  std::string email;
  bool email_verified = false;
  std::string name;
};

/// thread: all methods from any thread; With... may take a tenth of a second
class SignIn {
 public:
  SignIn(store::Database& database, Directory& directory, SignInOptions options = {});

  // errors of all three: kUnauthenticated (the same words whatever was wrong), kTooMany (too many failures),
  // kPermissionDenied (person not active)

  /// `code`: of the authenticator; kUnauthenticated with the message kCodeNeeded when the password was right and a code
  /// is missing.
  Result<NewSession> WithPassword(std::string_view email, std::string_view password, std::string_view code,
                                  const Caller& caller);
  /// A link is good once, and needs no second factor: who may make one for another may also remove theirs.
  Result<NewSession> WithLink(std::string_view token, const Caller& caller);
  /// A known identity, else the person of the verified e-mail address, who is then known by it; nobody is made. The
  /// second factor is the provider's to ask for. If the address was not proven before (HasProvenAddress), password,
  /// authenticator, links and sessions of the person end: somebody else may have them.
  Result<NewSession> WithIdentity(const Identity& identity, const Caller& caller);

  /// Whether the address is known to be this person's: a provider has said so, or who runs the cloud entered it. Whom
  /// a member invited might be anybody who has the link.
  Result<bool> HasProvenAddress(const Person& person) const;

  /// The session of a cookie, its last request noted. errors: kUnauthenticated
  Result<Session> Check(std::string_view token, const Caller& caller);
  /// What a change in the session's name must carry in the header x-csrf-token.
  std::string CsrfToken(const Session& session) const;
  bool CsrfMatches(const Session& session, std::string_view token) const;
  std::vector<Session> Sessions(std::string_view person_id) const;
  Status SignOut(const Session& session);
  Status SignOutEverywhere(const Actor& actor, std::string_view person_id);

  /// A token that signs its person in once; older ones of theirs end. errors: kNotFound
  Result<Secret<std::string>> MakeLink(const Actor& actor, std::string_view person_id);
  /// Ends every other session of theirs. errors: kInvalidArgument (length), kNotFound
  Status SetPassword(const Actor& actor, std::string_view person_id, std::string_view password,
                     std::string_view keep_session_id = {});
  bool HasPassword(std::string_view person_id) const;
  /// Whether it is theirs, asked of somebody who is signed in before what must not be done with a stolen session.
  /// errors: kPermissionDenied (it is not), kTooMany
  Status CheckPassword(std::string_view person_id, std::string_view password, const Caller& caller);

  /// A secret that counts once ConfirmTotp has seen a code of it. errors: kAlreadyExists (one is in use)
  Result<Secret<std::string>> BeginTotp(const Actor& actor, std::string_view person_id);
  Status ConfirmTotp(const Actor& actor, std::string_view person_id, std::string_view code);
  Status RemoveTotp(const Actor& actor, std::string_view person_id);
  bool HasTotp(std::string_view person_id) const;

  static constexpr std::string_view kCodeNeeded = "A code of the authenticator is needed.";

 private:
  struct Failures {
    int count = 0;
    std::int64_t since_ms = 0;  // steady
  };
  Status MayTry(const std::string& who, int failures_max = kFailuresMax) const;
  void NoteFailure(const std::string& who);
  Status Refused(const std::string& person_id, std::string_view method, const Caller& caller,
                 std::initializer_list<std::string> who);
  Result<std::string> HashPassword(std::string_view password);
  Result<bool> PasswordMatches(const std::string& hash, std::string_view password);
  Result<bool> IsProven(store::Connection& connection, const Person& person) const;
  Result<NewSession> Begin(store::Connection& connection, const std::string& person_id, std::string_view method,
                           const Caller& caller);
  std::int64_t SteadyMs() const;

  store::Database& database_;  // borrows
  Directory& directory_;       // borrows
  const SignInOptions options_;
  Guarded<std::map<std::string, Failures, std::less<>>> failures_;
  Guarded<int> checks_running_{0};
};

}  // namespace yun::cloud
