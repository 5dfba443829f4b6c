// AES-256-GCM as OpenSSL does it, without additional data.
#pragma once

#include <string>
#include <string_view>

namespace dunlin::secrets {

inline constexpr std::size_t kKeySize = 32;
inline constexpr std::size_t kNonceSize = 12;
inline constexpr std::size_t kTagSize = 16;

// From the system's generator. Throws Failure (internal) when it has nothing to give.
void random_bytes(char* bytes, std::size_t size);
std::string random_nonce();

// The ciphertext and the tag behind it. A nonce is used once with a key, ever.
std::string seal(std::string_view key, std::string_view nonce, std::string_view plaintext);
// Writes sealed.size() - kTagSize bytes. False when key, nonce and text do not belong together; what was written then
// means nothing. `sealed` has room for a tag.
bool open(std::string_view key, std::string_view nonce, std::string_view sealed, char* plaintext);

}  // namespace dunlin::secrets
