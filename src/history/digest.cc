#include "history/digest.h"

#include <openssl/evp.h>

#include "dunlin/error.h"

namespace dunlin::history {

struct Sha384::Context {
  Context() : handle(EVP_MD_CTX_new()) {}
  ~Context() { EVP_MD_CTX_free(handle); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  EVP_MD_CTX* handle;
};

namespace {

void check(bool worked) {
  if (!worked) throw Failure(ErrorKind::internal, "OpenSSL cannot compute SHA-384", "openssl list -digest-algorithms");
}

// Looked up once: a lookup each time costs more than digesting a small file.
const EVP_MD* algorithm() {
  static const EVP_MD* const sha384 = EVP_MD_fetch(nullptr, "SHA384", nullptr);
  return sha384;
}

}  // namespace

Sha384::Sha384() : context_(std::make_unique<Context>()) {
  check(context_->handle != nullptr && EVP_DigestInit_ex2(context_->handle, algorithm(), nullptr) == 1);
}

Sha384::~Sha384() = default;

Sha384::Sha384(const Sha384& other) : context_(std::make_unique<Context>()) {
  check(context_->handle != nullptr && EVP_MD_CTX_copy_ex(context_->handle, other.context_->handle) == 1);
}

Sha384::Sha384(Sha384&&) noexcept = default;

void Sha384::update(std::string_view bytes) {
  check(EVP_DigestUpdate(context_->handle, bytes.data(), bytes.size()) == 1);
}

std::string Sha384::finish() {
  std::string digest(kSize, '\0');
  unsigned size = 0;
  check(EVP_DigestFinal_ex(context_->handle, reinterpret_cast<unsigned char*>(digest.data()), &size) == 1 &&
        size == kSize);
  return digest;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

}  // namespace dunlin::history
