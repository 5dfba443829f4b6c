#include "secrets/aes_gcm.h"

#include <limits>
#include <memory>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "dunlin/error.h"

namespace dunlin::secrets {
namespace {

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

void check(bool worked) {
  if (!worked) throw Failure(ErrorKind::internal, "OpenSSL cannot do AES-256-GCM", "openssl list -cipher-algorithms");
}

// Looked up once: a lookup each time costs more than a small value.
const EVP_CIPHER* algorithm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(char* text) {
  return reinterpret_cast<unsigned char*>(text);
}

Context begin(std::string_view key, std::string_view nonce, bool sealing) {
  Context context(EVP_CIPHER_CTX_new());
  check(context != nullptr && key.size() == kKeySize && nonce.size() == kNonceSize &&
        EVP_CipherInit_ex2(context.get(), algorithm(), bytes_of(key), bytes_of(nonce), sealing ? 1 : 0, nullptr) == 1);
  return context;
}

// OpenSSL counts in int.
bool update(const Context& context, std::string_view from, char* to) {
  constexpr std::size_t most = std::numeric_limits<int>::max() / 2;
  while (!from.empty()) {
    const std::string_view piece = from.substr(0, most);
    int written = 0;
    if (EVP_CipherUpdate(context.get(), bytes_of(to), &written, bytes_of(piece), static_cast<int>(piece.size())) != 1)
      return false;
    to += written;
    from.remove_prefix(piece.size());
  }
  return true;
}

}  // namespace

void random_bytes(char* bytes, std::size_t size) {
  if (RAND_priv_bytes(bytes_of(bytes), static_cast<int>(size)) != 1) {
    throw Failure(ErrorKind::internal, "the system gives no random numbers");
  }
}

std::string random_nonce() {
  std::string nonce(kNonceSize, '\0');
  random_bytes(nonce.data(), nonce.size());
  return nonce;
}

std::string seal(std::string_view key, std::string_view nonce, std::string_view plaintext) {
  const Context context = begin(key, nonce, true);
  std::string sealed(plaintext.size() + kTagSize, '\0');
  char* const tag = sealed.data() + plaintext.size();
  int nothing = 0;
  check(update(context, plaintext, sealed.data()) && EVP_CipherFinal_ex(context.get(), bytes_of(tag), &nothing) == 1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) == 1);
  return sealed;
}

bool open(std::string_view key, std::string_view nonce, std::string_view sealed, char* plaintext) {
  if (sealed.size() < kTagSize) return false;
  const Context context = begin(key, nonce, false);
  const std::size_t size = sealed.size() - kTagSize;
  std::string tag(sealed.substr(size));
  unsigned char behind = 0;
  int nothing = 0;
  return EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1 &&
         update(context, sealed.substr(0, size), plaintext) &&
         EVP_CipherFinal_ex(context.get(), &behind, &nothing) == 1;
}

}  // namespace dunlin::secrets
