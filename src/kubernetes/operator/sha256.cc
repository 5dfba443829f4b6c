#include "kubernetes/operator/sha256.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "dunlin/error.h"

namespace dunlin::manager {

std::string short_sha256(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  if (EVP_Q_digest(nullptr, "SHA256", nullptr, content.data(), content.size(), digest.data(), &size) != 1)
    throw Failure(ErrorKind::internal, "OpenSSL has no SHA-256");
  std::string text;
  for (std::size_t k = 0; k < 8; ++k) text += fmt::format("{:02x}", digest.at(k));
  return text;
}

}  // namespace dunlin::manager
