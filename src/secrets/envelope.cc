#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "dunlin/error.h"
#include "dunlin/secrets.h"
#include "secrets/aes_gcm.h"
#include "secrets/keyring.h"

namespace dunlin {

using Json = nlohmann::ordered_json;

struct Envelope::Parts {
  Json json;
  std::string key_id;
  std::string wrapping_nonce;
  std::string wrapped;  // the data key and its tag
  std::string nonce;
  std::string ciphertext;  // and its tag

  void wrap(std::string_view data_key, const Keyring::Key& key) {
    key_id = key.id;
    wrapping_nonce = secrets::random_nonce();
    wrapped = secrets::seal(key.bytes.view(), wrapping_nonce, data_key);
    json["key_id"] = key_id;
    json["dek_wrapped"] = encode_base64(wrapping_nonce + wrapped);
  }
  void seal_data(std::string_view data_key, std::string_view plaintext) {
    nonce = secrets::random_nonce();
    ciphertext = secrets::seal(data_key, nonce, plaintext);
    json["nonce"] = encode_base64(nonce);
    json["ciphertext"] = encode_base64(ciphertext);
  }
};

namespace {

constexpr std::string_view kAlgorithm = "AES-256-GCM";
constexpr int kVersion = 1;

[[noreturn]] void fail(std::string message, std::string hint = {}) {
  throw Failure(ErrorKind::secret, std::move(message), std::move(hint));
}

std::string text_of(const Json& json, const char* member) {
  const auto found = json.find(member);
  if (found == json.end()) fail(fmt::format("it is no encrypted value: \"{}\" is missing", member));
  if (!found->is_string()) fail(fmt::format("it is no encrypted value: \"{}\" is not a string", member));
  return found->get<std::string>();
}

std::string bytes_of(const Json& json, const char* member) {
  auto bytes = decode_base64(text_of(json, member));
  if (!bytes) fail(fmt::format("it is no encrypted value: \"{}\" is not base64", member));
  return std::move(*bytes);
}

SecretBytes new_data_key() {
  SecretBytes key(secrets::kKeySize);
  secrets::random_bytes(key.data(), key.size());
  return key;
}

}  // namespace

Envelope::Envelope(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Envelope::Envelope(Envelope&&) noexcept = default;
Envelope& Envelope::operator=(Envelope&&) noexcept = default;
Envelope::~Envelope() = default;

Envelope Envelope::parse(std::string_view payload) {
  auto parts = std::make_unique<Parts>();
  Json& json = parts->json;
  json = Json::parse(payload, nullptr, false);
  if (!json.is_object()) fail("it is no encrypted value: it is not a JSON object");
  const auto version = json.find("version");
  if (version == json.end() || !version->is_number_integer()) {
    fail("it is no encrypted value: \"version\" is missing or not a number");
  }
  if (*version != kVersion) fail("it is an encrypted value of another version than 1");
  if (text_of(json, "alg") != kAlgorithm) fail(fmt::format("it is encrypted with something else than {}", kAlgorithm));
  parts->key_id = text_of(json, "key_id");
  const std::string wrapped = bytes_of(json, "dek_wrapped");
  if (wrapped.size() != secrets::kNonceSize + secrets::kKeySize + secrets::kTagSize) {
    fail(fmt::format("its wrapped key has {} bytes, not 60", wrapped.size()));
  }
  parts->wrapping_nonce = wrapped.substr(0, secrets::kNonceSize);
  parts->wrapped = wrapped.substr(secrets::kNonceSize);
  parts->nonce = bytes_of(json, "nonce");
  if (parts->nonce.size() != secrets::kNonceSize)
    fail(fmt::format("its nonce has {} bytes, not 12", parts->nonce.size()));
  parts->ciphertext = bytes_of(json, "ciphertext");
  if (parts->ciphertext.size() < secrets::kTagSize) fail("its ciphertext is too short to be whole");
  return Envelope(std::move(parts));
}

Envelope Envelope::seal(std::string_view plaintext, const Keyring& ring) {
  auto parts = std::make_unique<Parts>();
  parts->json = {{"version", kVersion}, {"alg", kAlgorithm}};
  const SecretBytes key = new_data_key();
  parts->wrap(key.view(), ring.keys_->all.front());
  parts->seal_data(key.view(), plaintext);
  return Envelope(std::move(parts));
}

const std::string& Envelope::key_id() const noexcept {
  return parts_->key_id;
}

std::string Envelope::payload() const {
  return parts_->json.dump();
}

SecretBytes Envelope::unwrap(const Keyring& ring) const {
  const Keyring::Key* const key = ring.keys_->find(parts_->key_id);
  if (key == nullptr) {
    // The name is what a stranger may have put into the database.
    const Json name = parts_->key_id;
    fail(fmt::format("it is under the key {}, which is not among the keys given",
                     name.dump(-1, ' ', true, Json::error_handler_t::replace)),
         "add that key to SECRETS_ENCRYPTION_KEY_PREVIOUS");
  }
  SecretBytes data_key(secrets::kKeySize);
  if (!secrets::open(key->bytes.view(), parts_->wrapping_nonce, parts_->wrapped, data_key.data())) {
    fail(fmt::format("the key {} does not open it: it is another key of the same name, or the value is damaged",
                     key->id));
  }
  return data_key;
}

SecretBytes Envelope::open(const Keyring& ring) const {
  const SecretBytes data_key = unwrap(ring);
  SecretBytes plaintext(parts_->ciphertext.size() - secrets::kTagSize);
  if (!secrets::open(data_key.view(), parts_->nonce, parts_->ciphertext, plaintext.data())) {
    fail("its data does not belong to its key: the value is damaged");
  }
  return plaintext;
}

void Envelope::rewrap(const Keyring& ring) {
  parts_->wrap(unwrap(ring).view(), ring.keys_->all.front());
}

void Envelope::reencrypt(const Keyring& ring) {
  const SecretBytes plaintext = open(ring);
  const SecretBytes data_key = new_data_key();
  parts_->wrap(data_key.view(), ring.keys_->all.front());
  parts_->seal_data(data_key.view(), plaintext.view());
}

}  // namespace dunlin
