// Moves the values of encrypted columns under the primary key, while the application goes on using them.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dunlin/driver.h"
#include "dunlin/secrets.h"
#include "secrets/encrypted_column.h"

namespace dunlin::secrets {

enum class Rotation {
  reencrypt,  // a new data key for each value
  rewrap,     // the same data key under the primary key
  rehearse,   // decrypts what would be changed, and changes nothing
  verify,     // decrypts everything, and changes nothing
};

struct RotationOptions {
  Rotation rotation = Rotation::reencrypt;
  // A statement's worth. Small enough that its transaction is short, large enough that the commit is not what counts.
  std::size_t batch_size = 500;
  // Two: one decrypts while the other's statement runs.
  std::size_t concurrency = 2;
  // Values changed in a second; 0 is no limit.
  std::size_t max_rate = 0;
};

struct Undecryptable {
  std::string column;
  std::string key;     // shown_key()
  std::string reason;  // without secrets
};

struct ColumnReport {
  EncryptedColumn column;
  std::size_t records = 0;        // when it was first read, or counted before that
  std::size_t old = 0;            // of those, under another key than the primary and decryptable
  std::size_t changed = 0;        // in all passes
  std::size_t undecryptable = 0;  // in the last pass
  std::size_t left = 0;           // under another key in the last pass, decryptable, and not changed; 0 if interrupted
  std::size_t read = 0;           // in the last pass
  std::map<std::string, std::size_t> keys;  // of the last pass: values by key id, as far as they have one
};

struct RotationReport {
  std::vector<ColumnReport> columns;
  std::vector<Undecryptable> undecryptable;  // the first of them: kMostListed
  int passes = 0;
  // The last pass read every value and found none under another key, but for what is undecryptable.
  bool proven = false;
  bool interrupted = false;
  std::chrono::nanoseconds duration{};

  std::size_t total(std::size_t ColumnReport::* count) const;
  // Nothing was found that could not be decrypted, and it was not interrupted.
  bool clean() const { return !interrupted && total(&ColumnReport::undecryptable) == 0; }
};

// How many undecryptable values are listed one by one.
inline constexpr std::size_t kMostListed = 1000;

struct RotationProgress {
  const EncryptedColumn* column = nullptr;
  int pass = 1;
  std::size_t done = 0;  // values read in this pass, all columns
  std::size_t of = 0;    // as counted at the start
  std::size_t changed = 0;
};

// Called from one thread at a time, after each batch.
using OnProgress = std::function<void(const RotationProgress&)>;
// Opens one more session; called from any thread, one at a time. After an interrupt it is one to find out with what
// became of the last statement: it must not listen to the interrupt, and must not take long.
using OpenSession = std::function<std::unique_ptr<Session>()>;

// Values are read in pages in the order of the key, and each batch is changed by one statement, which changes only what
// is still as it was read: a value that the application writes meanwhile is never overwritten. Passes are repeated
// until one finds nothing under another key, or until nothing changes any more. Killed at any point it can be run
// again; what is done is not done twice. A broken connection is opened again. Memory is for a few batches, however many
// values there are.
//
// An interrupt ends it after the batches that are under way. Throws Failure (connect, sql) when the database cannot be
// asked at all.
RotationReport rotate(const OpenSession&, Dialect, const std::vector<EncryptedColumn>&, const Keyring&,
                      const RotationOptions&, const Interrupt*, Clock&, const OnProgress&);

}  // namespace dunlin::secrets
