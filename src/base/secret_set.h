// Secrets that are known, kept out of everything that is printed, logged or reported.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dunlin {

// Secret values that are known, masked wherever they stand.
class SecretSet {
 public:
  // Remembers `value` as it stands, percent-decoded, percent-encoded and with quotes escaped. Values under four bytes
  // are left to redact(): masking them everywhere would leave no text.
  void add(std::string_view value);

  // Adds the passwords of a connection URL or conninfo string. One that is also the user's, host's or database's name
  // (postgres:postgres@db/postgres) is left to redact(): those names are shown anyway.
  void add_from_url(std::string_view url);

  // redact(), and every known secret masked.
  std::string mask(std::string_view text) const;

 private:
  // Longest first, so that the encoded form goes before a part of it.
  std::vector<std::string> forms_;
};

}  // namespace dunlin
