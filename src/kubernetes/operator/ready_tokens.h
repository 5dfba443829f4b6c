// Proofs that a question to the ready API comes from a waiter that the webhook put in.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::manager {

// HMAC-SHA-256 over a Migrator and an identity. All replicas have the same key, so each believes what another gave out.
// Any thread may call any of it.
class ReadyTokens {
 public:
  // Without a key no token is given, and none is believed.
  ReadyTokens() = default;
  explicit ReadyTokens(const std::string& key) { use(key); }

  // Signs from now on. The ones before it are believed still, the last few of them: pods hold their tokens for long.
  // An empty key, or the one in use, changes nothing.
  void use(const std::string& key);

  // 64 hexadecimal digits; a secret. Empty without a key. Throws Failure (internal).
  std::string token(std::string_view namespace_name, std::string_view migrator, std::string_view identity) const;

  // In a time that does not depend on where the token is wrong. Throws Failure (internal).
  bool proves(std::string_view token, std::string_view namespace_name, std::string_view migrator,
              std::string_view identity) const;

 private:
  std::vector<std::string> keys() const;

  mutable std::mutex mutex_;
  std::vector<std::string> keys_;  // the newest first; secrets
};

// A key made of another secret, which it tells nothing about. Throws Failure (internal).
std::string derived_key(std::string_view secret, std::string_view purpose);

// A new one: 64 hexadecimal digits. Throws Failure (internal).
std::string random_key();

}  // namespace dunlin::manager
