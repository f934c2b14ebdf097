// Keys and signed tokens as a provider makes them.
#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "cloud/jwt.h"

namespace yun::cloud {

class TestSigner {
 public:
  static TestSigner Rs256(std::string id, unsigned bits = 2048) {
    return TestSigner(std::move(id), ::EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
  }
  static TestSigner Es256(std::string id) {
    return TestSigner(std::move(id), ::EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  }

  bool rsa() const { return ::EVP_PKEY_base_id(key_.get()) == EVP_PKEY_RSA; }
  std::string Jwk() const {
    return rsa() ? R"({"kty":"RSA","use":"sig","alg":"RS256","kid":")" + id_ + R"(","n":")" +
                       Base64Url(Number(OSSL_PKEY_PARAM_RSA_N)) + R"(","e":")" +
                       Base64Url(Number(OSSL_PKEY_PARAM_RSA_E)) + "\"}"
                 : R"({"kty":"EC","crv":"P-256","kid":")" + id_ + R"(","x":")" +
                       Base64Url(Number(OSSL_PKEY_PARAM_EC_PUB_X, 32)) + R"(","y":")" +
                       Base64Url(Number(OSSL_PKEY_PARAM_EC_PUB_Y, 32)) + "\"}";
  }
  std::string Token(std::string_view claims) const {
    return TokenWithHead(R"({"alg":")" + std::string(rsa() ? "RS256" : "ES256") + R"(","kid":")" + id_ + "\"}", claims);
  }
  std::string TokenWithHead(std::string_view head, std::string_view claims) const {
    const std::string text = Base64Url(head) + "." + Base64Url(claims);
    return text + "." + Base64Url(Sign(text));
  }

 private:
  TestSigner(std::string id, EVP_PKEY* key) : id_(std::move(id)), key_(key, ::EVP_PKEY_free) { CHECK(key != nullptr); }

  std::string Number(const char* name, int bytes = 0) const {
    BIGNUM* number = nullptr;
    CHECK(::EVP_PKEY_get_bn_param(key_.get(), name, &number) == 1);
    std::string raw(static_cast<std::size_t>(bytes ? bytes : BN_num_bytes(number)), '\0');
    ::BN_bn2binpad(number, reinterpret_cast<unsigned char*>(raw.data()), static_cast<int>(raw.size()));
    ::BN_free(number);
    return raw;
  }
  std::string Sign(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(::EVP_MD_CTX_new(), ::EVP_MD_CTX_free);
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    CHECK(::EVP_DigestSignInit(context.get(), nullptr, ::EVP_sha256(), nullptr, key_.get()) == 1);
    CHECK(::EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
    std::string signature(size, '\0');
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    CHECK(::EVP_DigestSign(context.get(), out, &size, bytes, text.size()) == 1);
    signature.resize(size);
    if (rsa()) return signature;
    const unsigned char* der = out;
    ECDSA_SIG* parsed = ::d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size));
    CHECK(parsed != nullptr);
    std::string raw(64, '\0');
    ::BN_bn2binpad(::ECDSA_SIG_get0_r(parsed), reinterpret_cast<unsigned char*>(raw.data()), 32);
    ::BN_bn2binpad(::ECDSA_SIG_get0_s(parsed), reinterpret_cast<unsigned char*>(raw.data()) + 32, 32);
    ::ECDSA_SIG_free(parsed);
    return raw;
  }

  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace yun::cloud
