// TLS for the server's connections: bytes in, bytes out; sockets stay with the server. Certificate and key are files
// that may be replaced while it runs.
#pragma once
#include <openssl/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yun::http {

/// One connection's side of the protocol. thread: one at a time
class TlsSession {
 public:
  explicit TlsSession(SSL_CTX* context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Takes what came from the socket and appends what it says to `plain`. False: broken, close the connection (what
  /// Outgoing has may still be sent: it says why).
  bool Receive(std::string_view wire, std::string& plain);
  /// Only once established. False as Receive.
  bool Send(std::string_view plain);
  /// Says that nothing more will be sent.
  void Close();
  /// What is to be sent over the socket.
  std::string TakeOutgoing();
  bool established() const { return established_; }
  /// The other side said that it sends no more.
  bool ended() const { return ended_; }

 private:
  SSL* ssl_;
  BIO *in_, *out_;  // of ssl_
  bool established_ = false, ended_ = false;
};

/// thread: all methods from any thread
class TlsContext {
 public:
  /// PEM files: a certificate with its chain, and its key. TLS 1.2 and 1.3.
  /// errors: kNotFound, kCorrupt (names the file), kInvalidArgument (the key is not the certificate's)
  static Result<std::unique_ptr<TlsContext>> Create(std::filesystem::path certificate, std::filesystem::path key);

  /// With the certificate of now: files that have changed are read again, at most once a second; while they cannot be
  /// used the ones before stay, and the log says why.
  std::unique_ptr<TlsSession> MakeSession();
  /// Reads the files now, whether they look changed or not. errors: as Create; those of before then stay
  Status Reload();

 private:
  using Context = std::shared_ptr<SSL_CTX>;
  TlsContext(std::filesystem::path certificate, std::filesystem::path key)
      : certificate_(std::move(certificate)), key_(std::move(key)) {}
  Result<Context> Load() const;
  Status Take();  // under mutex_: what Load gives
  std::string Stamp() const;

  const std::filesystem::path certificate_, key_;
  std::mutex mutex_;  // all below
  Context context_;
  std::string stamp_;  // of the files as they were last read
  std::int64_t looked_s_ = 0;
};

}  // namespace yun::http
