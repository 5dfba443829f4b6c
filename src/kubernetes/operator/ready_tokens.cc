#include "kubernetes/operator/ready_tokens.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "dunlin/error.h"

namespace dunlin::manager {
namespace {

constexpr std::size_t kMostKeys = 3;

std::string hexadecimal(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string hmac(std::string_view key, std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data(), digest.size(),
                &size) == nullptr) {
    throw Failure(ErrorKind::internal, "OpenSSL has no HMAC with SHA-256");
  }
  return hexadecimal(std::span(digest).first(size));
}

// With the length before each part, so that no two questions read alike.
std::string signed_text(std::string_view namespace_name, std::string_view migrator, std::string_view identity) {
  std::string text = "dunlin ready 1";
  for (const std::string_view part : {namespace_name, migrator, identity})
    text += fmt::format("\n{} {}", part.size(), part);
  return text;
}

}  // namespace

void ReadyTokens::use(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  if (key.empty() || (!keys_.empty() && keys_.front() == key)) return;
  std::erase(keys_, key);
  keys_.insert(keys_.begin(), key);
  if (keys_.size() > kMostKeys) keys_.pop_back();
}

std::vector<std::string> ReadyTokens::keys() const {
  const std::scoped_lock lock(mutex_);
  return keys_;
}

std::string ReadyTokens::token(std::string_view namespace_name, std::string_view migrator,
                               std::string_view identity) const {
  const std::vector<std::string> all = keys();
  return all.empty() ? std::string() : hmac(all.front(), signed_text(namespace_name, migrator, identity));
}

bool ReadyTokens::proves(std::string_view token, std::string_view namespace_name, std::string_view migrator,
                         std::string_view identity) const {
  const std::string text = signed_text(namespace_name, migrator, identity);
  return std::ranges::any_of(keys(), [&](const std::string& key) {
    const std::string wanted = hmac(key, text);
    return token.size() == wanted.size() && CRYPTO_memcmp(token.data(), wanted.data(), wanted.size()) == 0;
  });
}

std::string derived_key(std::string_view secret, std::string_view purpose) {
  return hmac(secret, purpose);
}

std::string random_key() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw Failure(ErrorKind::internal, "OpenSSL has no random bytes");
  return hexadecimal(bytes);
}

}  // namespace dunlin::manager
