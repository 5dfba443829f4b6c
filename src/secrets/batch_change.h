// What is done with one page of values.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "secrets/reencryption.h"

namespace dunlin::secrets {

// Of one page, or of many added up.
struct Tally {
  std::size_t records = 0;
  std::size_t old = 0;
  std::size_t changed = 0;
  std::size_t undecryptable = 0;
  std::size_t unlike = 0;  // of the undecryptable and the unchanged: is_under_key says no
  std::map<std::string, std::size_t> keys;
  std::vector<Undecryptable> listed;

  void add(Tally&&);
};

// A change of `changes` that sends them and says how many took effect; empty when nothing is to be changed.
using SendChanges = std::function<std::size_t(const std::vector<ChangedValue>&)>;

// Decrypts what has to be, and hands what is to be changed to `send`.
Tally treat(const EncryptedColumn&, const std::vector<StoredValue>&, const Keyring&, Rotation, const SendChanges& send);

}  // namespace dunlin::secrets
