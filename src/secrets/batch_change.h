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

// Sends changes, and adds to `changed` what took effect, as soon as it is committed: it may throw behind that.
using SendChanges = std::function<void(const std::vector<ChangedValue>&, std::size_t& changed)>;

// Decrypts what has to be, and hands what is to be changed to `send`. What it throws leaves in the tally, which is a
// new one, what was done.
void treat(const EncryptedColumn&, const std::vector<StoredValue>&, const Keyring&, Rotation, const SendChanges& send,
           Tally& tally);

}  // namespace dunlin::secrets
