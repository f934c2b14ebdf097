#include "cloud/jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sodium.h>

#include <algorithm>

#include "base/check.h"
#include "cloud/web_json.h"

namespace yun::cloud {
namespace {

namespace json = boost::json;

constexpr std::size_t kCoordinateBytes = 32;  // of P-256

template <class T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* p) const { kFree(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM, OSSL_PARAM_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>>;

const unsigned char* Raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Key FromParams(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(::OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(::EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || ::EVP_PKEY_fromdata_init(context.get()) != 1 ||
      ::EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  Key made(key);
  // A point off the curve would make a key that anybody can forge with.
  const KeyContext check(::EVP_PKEY_CTX_new_from_pkey(nullptr, made.get(), nullptr));
  return check && ::EVP_PKEY_public_check(check.get()) == 1 ? std::move(made) : nullptr;
}

Key RsaKey(const std::string& modulus, const std::string& exponent) {
  if (modulus.size() > kRsaBitsMax / 8 + 1 || exponent.empty() || exponent.size() > 8) return nullptr;
  const Number n(::BN_bin2bn(Raw(modulus), static_cast<int>(modulus.size()), nullptr));
  const Number e(::BN_bin2bn(Raw(exponent), static_cast<int>(exponent.size()), nullptr));
  const Builder builder(::OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || ::BN_num_bits(n.get()) < kRsaBitsMin || ::BN_num_bits(n.get()) > kRsaBitsMax ||
      !::BN_is_odd(n.get()) || !::BN_is_odd(e.get()) || ::BN_is_one(e.get()) ||
      ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      ::OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    return nullptr;
  return FromParams("RSA", builder.get());
}

Key P256Key(const std::string& x, const std::string& y) {
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) return nullptr;
  const std::string point = "\x04" + x + y;  // uncompressed
  const Builder builder(::OSSL_PARAM_BLD_new());
  if (!builder ||
      ::OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      ::OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  return FromParams("EC", builder.get());
}

/// RFC 7518, 3.4: R and S side by side; OpenSSL wants DER.
std::string DerSignature(std::string_view raw) {
  if (raw.size() != 2 * kCoordinateBytes) return {};
  const Signature signature(::ECDSA_SIG_new());
  Number r(::BN_bin2bn(Raw(raw), kCoordinateBytes, nullptr));
  Number s(::BN_bin2bn(Raw(raw) + kCoordinateBytes, kCoordinateBytes, nullptr));
  if (!signature || !r || !s || ::ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  r.release(), s.release();  // the signature owns them now
  unsigned char* der = nullptr;
  const int size = ::i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  ::OPENSSL_free(der);
  return text;
}

bool Verifies(const Jwk& key, std::string_view signed_text, const std::string& signature) {
  const std::string wire = key.algorithm == "ES256" ? DerSignature(signature) : signature;
  const DigestContext context(::EVP_MD_CTX_new());
  auto* pkey = static_cast<EVP_PKEY*>(const_cast<void*>(key.key.get()));
  return !wire.empty() && context &&
         ::EVP_DigestVerifyInit(context.get(), nullptr, ::EVP_sha256(), nullptr, pkey) == 1 &&
         ::EVP_DigestVerify(context.get(), Raw(wire), wire.size(), Raw(signed_text), signed_text.size()) == 1;
}

}  // namespace

Result<std::vector<Jwk>> ParseJwks(std::string_view text) {
  if (text.size() > kJwksBytesMax) return Fail(Code::kTooLarge, "key set: more than {} bytes", kJwksBytesMax);
  ASSIGN_OR_RETURN(const json::object root, ParseJsonObject(text, "key set"));
  const json::value* list = root.if_contains("keys");
  if (!list || !list->is_array()) return Fail(Code::kCorrupt, "key set: no array 'keys'");
  if (list->get_array().size() > kJwksKeysMax) return Fail(Code::kTooLarge, "key set: more than {} keys", kJwksKeysMax);
  std::vector<Jwk> keys;
  for (const json::value& item : list->get_array()) {
    if (!item.is_object()) return Fail(Code::kCorrupt, "key set: a key is no object");
    const json::object& object = item.get_object();
    const std::string type = TextOf(object, "kty"), use = TextOf(object, "use"), algorithm = TextOf(object, "alg");
    const bool rsa = type == "RSA", p256 = type == "EC" && TextOf(object, "crv") == "P-256";
    const std::string own = rsa ? "RS256" : "ES256";
    if ((!rsa && !p256) || (!use.empty() && use != "sig") || (!algorithm.empty() && algorithm != own)) continue;
    ASSIGN_OR_RETURN(const std::string a, ParseBase64Url(TextOf(object, rsa ? "n" : "x")));
    ASSIGN_OR_RETURN(const std::string b, ParseBase64Url(TextOf(object, rsa ? "e" : "y")));
    Key key = rsa ? RsaKey(a, b) : P256Key(a, b);
    if (!key) return Fail(Code::kCorrupt, "key set: key '{}' is no {} key", TextOf(object, "kid").substr(0, 64), own);
    keys.push_back({TextOf(object, "kid"), own, std::shared_ptr<EVP_PKEY>(key.release(), ::EVP_PKEY_free)});
  }
  return keys;
}

Result<std::string> VerifyJwt(std::string_view token, const std::vector<Jwk>& keys) {
  if (token.size() > kJwtBytesMax) return Fail(Code::kCorrupt, "token: more than {} bytes", kJwtBytesMax);
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return Fail(Code::kCorrupt, "token: three parts are needed");
  ASSIGN_OR_RETURN(const std::string head_text, ParseBase64Url(token.substr(0, first)));
  ASSIGN_OR_RETURN(const json::object head, ParseJsonObject(head_text, "token's head"));
  ASSIGN_OR_RETURN(std::string claims, ParseBase64Url(token.substr(first + 1, second - first - 1)));
  ASSIGN_OR_RETURN(const std::string signature, ParseBase64Url(token.substr(second + 1)));
  const std::string algorithm = TextOf(head, "alg"), id = TextOf(head, "kid");
  if (algorithm != "RS256" && algorithm != "ES256")
    return Fail(Code::kUnsupported, "token: signed with '{}'; RS256 and ES256 are known", algorithm.substr(0, 16));
  // RFC 7515, 4.1.11: what must be understood and is not.
  if (head.contains("crit")) return Fail(Code::kUnsupported, "token: its head demands an extension");
  bool tried = false;
  for (const Jwk& key : keys) {
    if (key.algorithm != algorithm || (!id.empty() && key.id != id)) continue;
    tried = true;
    if (Verifies(key, token.substr(0, second), signature)) return claims;
  }
  if (!tried) return Fail(Code::kNotFound, "token: the provider's key set has no key '{}'", id.substr(0, 64));
  return Fail(Code::kUnauthenticated, "token: the signature is wrong");
}

std::string Base64Url(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(text.data(), text.size(), Raw(bytes), bytes.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  text.pop_back();  // the NUL
  return text;
}

Result<std::string> ParseBase64Url(std::string_view text) {
  // libsodium 1.0.18 takes some bytes above 127 for digits.
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > 0; }))
    return Fail(Code::kCorrupt, "this is not base64url");
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr,
                        &size, nullptr, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return Fail(Code::kCorrupt, "this is not base64url");
  bytes.resize(size);
  return bytes;
}

}  // namespace yun::cloud
