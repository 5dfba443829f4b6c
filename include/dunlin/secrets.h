// Envelope encryption of single values: each is encrypted under a data key of its own (DEK), and that key is wrapped
// under a key-encryption key (KEK), which can so be changed without touching the data.
//
// The payload is JSON:
//   {"version":1,"alg":"AES-256-GCM","key_id":"kek-v1","dek_wrapped":B64(nonce + wrapped DEK + tag),
//    "nonce":B64(nonce),"ciphertext":B64(data + tag)}
// Nonces have 12 bytes, tags 16, keys 32; both encryptions are AES-256-GCM without additional data.
//
// Errors are Failures, of the kind `config` for keys and `secret` for values, and never hold a byte of a key or a
// plaintext. Keyring and Envelope may be
// used by several threads as long as nobody changes them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace dunlin {

// Bytes in memory that is kept out of swap and core files as far as the system allows, and overwritten when it is
// freed.
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::size_t size);  // zeros
  explicit SecretBytes(std::string_view bytes);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  char* data() noexcept { return data_; }
  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::string_view view() const noexcept { return {data_, size_}; }
  // Only ever to less.
  void shrink(std::size_t size) noexcept { size_ = size; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Key-encryption keys by name. New values are encrypted under the primary one; the others still open old values.
class Keyring {
 public:
  // `primary` is ID:KEY, `previous` any number of them with commas between; a KEY is the base64 of 32 bytes. `name` is
  // how errors call the primary, such as the variable it came from. Throws Failure (config).
  Keyring(std::string_view primary, std::string_view previous = {}, std::string_view name = "the key");
  Keyring(Keyring&&) noexcept;
  Keyring& operator=(Keyring&&) noexcept;
  ~Keyring();

  const std::string& primary_id() const noexcept;
  bool knows(std::string_view id) const noexcept;

  struct Key;   // defined for the library alone
  struct Keys;  // likewise

 private:
  friend class Envelope;
  std::unique_ptr<Keys> keys_;
};

class Envelope {
 public:
  // Throws Failure (secret) for what is no payload of version 1; says what is wrong with it.
  static Envelope parse(std::string_view payload);
  static Envelope seal(std::string_view plaintext, const Keyring&);
  Envelope(Envelope&&) noexcept;
  Envelope& operator=(Envelope&&) noexcept;
  ~Envelope();

  const std::string& key_id() const noexcept;
  // Members that are not known are kept as they are.
  std::string payload() const;

  // Throws Failure (secret) when the key is not in the ring, or does not fit.
  SecretBytes open(const Keyring&) const;
  // The same data key under the primary key; the ciphertext stays. As open().
  void rewrap(const Keyring&);
  // A new data key under the primary key. As open().
  void reencrypt(const Keyring&);

 private:
  struct Parts;
  explicit Envelope(std::unique_ptr<Parts> parts);
  SecretBytes unwrap(const Keyring&) const;
  std::unique_ptr<Parts> parts_;
};

// ID:KEY with a new random key, as Keyring takes it.
SecretBytes make_key(std::string_view id);

}  // namespace dunlin
