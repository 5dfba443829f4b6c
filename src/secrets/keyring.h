// The inside of dunlin::Keyring.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dunlin/secrets.h"

namespace dunlin {

struct Keyring::Key {
  std::string id;
  SecretBytes bytes;
};

struct Keyring::Keys {
  std::vector<Key> all;  // the primary one first
  // Null when there is none of this name.
  const Key* find(std::string_view id) const noexcept;
};

}  // namespace dunlin
