#include "kubernetes/operator/sha256.h"

#include <array>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "dunlin/error.h"

namespace dunlin::manager {
namespace {

void require(int done) {
  if (done != 1) throw Failure(ErrorKind::internal, "OpenSSL has no SHA-256");
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::add(std::string_view piece) {
  require(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()));
}

std::string Sha256::short_text() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  require(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr));
  std::string text;
  for (std::size_t k = 0; k < 8; ++k) text += fmt::format("{:02x}", digest.at(k));
  return text;
}

std::string short_sha256(std::string_view content) {
  Sha256 digest;
  digest.add(content);
  return digest.short_text();
}

}  // namespace dunlin::manager
