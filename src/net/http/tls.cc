#include "net/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "base/log.h"

namespace yun::http {

namespace {

constexpr std::size_t kPlainBytes = 16u << 10;  // a record

std::string LastError() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text = reason ? reason : "unknown error";
  ERR_clear_error();
  return text;
}

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                   void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11 - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::int64_t SteadySeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

TlsSession::TlsSession(SSL_CTX* context)
    : ssl_(SSL_new(context)), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
  CHECK(ssl_ && in_ && out_);
  SSL_set_bio(ssl_, in_, out_);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

bool TlsSession::Receive(std::string_view wire, std::string& plain) {
  if (BIO_write(in_, wire.data(), static_cast<int>(wire.size())) != static_cast<int>(wire.size())) return false;
  thread_local std::string buffer(kPlainBytes, '\0');
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    established_ = established_ || SSL_is_init_finished(ssl_);
    if (got > 0) {
      plain.append(buffer, 0, static_cast<std::size_t>(got));
      continue;
    }
    const int why = SSL_get_error(ssl_, got);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ) return true;
    if (why == SSL_ERROR_ZERO_RETURN) return ended_ = true;
    return false;
  }
}

bool TlsSession::Send(std::string_view plain) {
  CHECK(established_);
  while (!plain.empty()) {
    ERR_clear_error();
    const int sent = SSL_write(ssl_, plain.data(), static_cast<int>(std::min<std::size_t>(plain.size(), 1u << 30)));
    if (sent <= 0) {
      ERR_clear_error();
      return false;
    }
    plain.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void TlsSession::Close() {
  if (established_) SSL_shutdown(ssl_);
  ERR_clear_error();
}

std::string TlsSession::TakeOutgoing() {
  std::string bytes(BIO_ctrl_pending(out_), '\0');
  const int size = static_cast<int>(bytes.size());
  CHECK(size == 0 || BIO_read(out_, bytes.data(), size) == size);
  return bytes;
}

Result<std::unique_ptr<TlsContext>> TlsContext::Create(std::filesystem::path certificate, std::filesystem::path key) {
  std::unique_ptr<TlsContext> made(new TlsContext(std::move(certificate), std::move(key)));
  made->stamp_ = made->Stamp();
  ASSIGN_OR_RETURN(made->context_, made->Load());
  return made;
}

std::unique_ptr<TlsSession> TlsContext::MakeSession() {
  Context context;
  {
    std::lock_guard lock(mutex_);
    if (const std::int64_t now = SteadySeconds(); now != looked_s_) {
      looked_s_ = now;
      if (const std::string stamp = Stamp(); stamp != stamp_) {
        stamp_ = stamp;  // a file that is half written changes again
        (void)Take();
      }
    }
    context = context_;
  }
  return std::make_unique<TlsSession>(context.get());  // which counts as an owner of it
}

Status TlsContext::Reload() {
  std::lock_guard lock(mutex_);
  stamp_ = Stamp();
  return Take();
}

Status TlsContext::Take() {
  auto loaded = Load();
  if (loaded) context_ = std::move(*loaded), log::info("tls: {} was read again", certificate_.string());
  else log::warn("tls: {}; the certificate of before stays", loaded.error().message);
  return loaded ? Status() : tl::unexpected<Error>(std::move(loaded.error()));
}

std::string TlsContext::Stamp() const {
  std::string stamp;
  for (const auto& path : {certificate_, key_}) {
    struct stat file {};
    if (::stat(path.c_str(), &file) == 0)
      stamp += fmt::format("{}.{}.{}.{} ", file.st_mtim.tv_sec, file.st_mtim.tv_nsec, file.st_ino, file.st_size);
  }
  return stamp;
}

Result<TlsContext::Context> TlsContext::Load() const {
  for (const auto& path : {certificate_, key_})
    if (struct stat file {}; ::stat(path.c_str(), &file) != 0)
      return Fail(Code::kNotFound, "{}: no such file, or it cannot be read", path.string());
  Context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  CHECK(context != nullptr);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_.c_str()) != 1)
    return Fail(Code::kCorrupt, "{}: no certificate in PEM form: {}", certificate_.string(), LastError());
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_.c_str(), SSL_FILETYPE_PEM) != 1) {
    const std::string why = LastError();
    if (why == "key values mismatch")
      return Fail(Code::kInvalidArgument, "{} is not the key of {}", key_.string(), certificate_.string());
    return Fail(Code::kCorrupt, "{}: no private key in PEM form: {}", key_.string(), why);
  }
  if (SSL_CTX_check_private_key(context.get()) != 1)
    return Fail(Code::kInvalidArgument, "{} is not the key of {}: {}", key_.string(), certificate_.string(),
                LastError());
  return context;
}

}  // namespace yun::http
