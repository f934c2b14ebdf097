#include "cipher/aes_gcm.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdint>
#include <memory>

#include "base/check.h"

namespace yun::cipher {
namespace {

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* In(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

Tag Seal(const Key& key, const Nonce& nonce, std::string_view place, std::span<const unsigned char> text,
         unsigned char* out) {
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Tag tag;
  int size = 0;
  CHECK(context && text.size() < INT32_MAX &&
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.Reveal().data(), nonce.data()) == 1 &&
        EVP_EncryptUpdate(context.get(), nullptr, &size, In(place), static_cast<int>(place.size())) == 1 &&
        EVP_EncryptUpdate(context.get(), out, &size, text.data(), static_cast<int>(text.size())) == 1 &&
        EVP_EncryptFinal_ex(context.get(), out + text.size(), &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag.data()) == 1);
  return tag;
}

bool Unseal(const Key& key, const Nonce& nonce, std::string_view place, std::span<const unsigned char> sealed,
            const Tag& tag, unsigned char* out) {
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Tag expected = tag;  // the library takes it without const
  int size = 0;
  CHECK(context && sealed.size() < INT32_MAX &&
        EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.Reveal().data(), nonce.data()) == 1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &size, In(place), static_cast<int>(place.size())) == 1 &&
        EVP_DecryptUpdate(context.get(), out, &size, sealed.data(), static_cast<int>(sealed.size())) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, expected.data()) == 1);
  unsigned char nothing = 0;
  return EVP_DecryptFinal_ex(context.get(), &nothing, &size) == 1;
}

Key Derive(const Key& key, std::string_view purpose) {
  std::array<unsigned char, kKeyBytes> derived;
  CHECK(HMAC(EVP_sha256(), key.Reveal().data(), kKeyBytes, In(purpose), purpose.size(), derived.data(), nullptr));
  return Key(derived);
}

void Random(std::span<unsigned char> out) { CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1); }

}  // namespace yun::cipher
