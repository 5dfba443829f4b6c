#include "secrets/keyring.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "base/base64.h"
#include "dunlin/error.h"
#include "secrets/aes_gcm.h"

namespace dunlin {
namespace {

using Key = Keyring::Key;

// What is wrong is described, never shown: any part of the text may be the key.
[[noreturn]] void fail(std::string_view which, std::string_view what) {
  throw Failure(ErrorKind::config, fmt::format("{} {}", which, what),
                "it is ID:KEY, the key being 32 bytes in base64; a new one: dunlin keygen kek-v2");
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto begin = text.find_first_not_of(space);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

Key parse_key(std::string_view text, std::string_view which) {
  text = trimmed(text);
  if (text.empty()) fail(which, "is empty");
  // The last one: base64 has no colon, and a name may.
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) fail(which, "has no name: there is no colon in it");
  if (colon == 0) fail(which, "has no name: nothing stands before the colon");
  const std::string_view base64 = text.substr(colon + 1);
  const auto size = decoded_size(base64);
  if (!size) fail(which, fmt::format("is not base64: {} characters are no multiple of 4", base64.size()));
  Key key{std::string(text.substr(0, colon)), SecretBytes(*size)};
  if (!decode_base64(base64, key.bytes.data())) fail(which, "is not base64");
  if (*size != secrets::kKeySize) fail(which, fmt::format("has {} bytes, and AES-256 needs 32", *size));
  return key;
}

bool same(const SecretBytes& a, const SecretBytes& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void add(Keyring::Keys& keys, Key key) {
  const Key* const known = keys.find(key.id);
  if (known == nullptr) {
    keys.all.push_back(std::move(key));
  } else if (!same(known->bytes, key.bytes)) {
    throw Failure(ErrorKind::config, fmt::format("there are two different keys of the name {}", key.id),
                  "give the new key a name of its own: values say by name which key they are under");
  }
}

}  // namespace

const Keyring::Key* Keyring::Keys::find(std::string_view id) const noexcept {
  const auto found = std::ranges::find(all, id, &Key::id);
  return found == all.end() ? nullptr : &*found;
}

Keyring::Keyring(std::string_view primary, std::string_view previous, std::string_view name)
    : keys_(std::make_unique<Keys>()) {
  add(*keys_, parse_key(primary, name));
  for (int number = 1; !trimmed(previous).empty(); ++number) {
    const auto comma = std::min(previous.find(','), previous.size());
    add(*keys_, parse_key(previous.substr(0, comma), fmt::format("previous key {}", number)));
    previous.remove_prefix(std::min(comma + 1, previous.size()));
  }
}

Keyring::Keyring(Keyring&&) noexcept = default;
Keyring& Keyring::operator=(Keyring&&) noexcept = default;
Keyring::~Keyring() = default;

const std::string& Keyring::primary_id() const noexcept {
  return keys_->all.front().id;
}

bool Keyring::knows(std::string_view id) const noexcept {
  return keys_->find(id) != nullptr;
}

SecretBytes make_key(std::string_view id) {
  if (id.empty() || id.find_first_of(", \t\r\n:") != std::string_view::npos) {
    throw Failure(ErrorKind::usage, "a key's name has no space, comma or colon in it", "dunlin keygen kek-v2");
  }
  SecretBytes key(secrets::kKeySize);
  secrets::random_bytes(key.data(), key.size());
  constexpr std::size_t base64 = (secrets::kKeySize + 2) / 3 * 4;
  SecretBytes text(id.size() + 1 + base64);
  std::ranges::copy(id, text.data());
  text.data()[id.size()] = ':';
  encode_base64(key.view(), text.data() + id.size() + 1);
  return text;
}

}  // namespace dunlin
