// OpenSSL's digests without its providers: loading one costs more than digesting a thousand small files, and what
// another tool has recorded is compared also where a policy forbids that digest for new uses.
#define OPENSSL_API_COMPAT 0x10100000L

#include "history/digest.h"

#include <openssl/sha.h>

namespace dunlin::history {

struct Sha384::Context {
  SHA512_CTX state;
};

Sha384::Sha384() : context_(std::make_unique<Context>()) {
  SHA384_Init(&context_->state);
}

Sha384::~Sha384() = default;
Sha384::Sha384(const Sha384& other) : context_(std::make_unique<Context>(*other.context_)) {}
Sha384::Sha384(Sha384&&) noexcept = default;

void Sha384::update(std::string_view bytes) {
  SHA384_Update(&context_->state, bytes.data(), bytes.size());
}

std::string Sha384::finish() {
  std::string digest(kSize, '\0');
  SHA384_Final(reinterpret_cast<unsigned char*>(digest.data()), &context_->state);
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
