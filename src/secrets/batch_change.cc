#include "secrets/batch_change.h"

#include <iterator>

#include "dunlin/error.h"

namespace dunlin::secrets {

void Tally::add(Tally&& other) {
  records += other.records;
  old += other.old;
  changed += other.changed;
  undecryptable += other.undecryptable;
  unlike += other.unlike;
  for (const auto& [key, count] : other.keys) keys[key] += count;
  for (Undecryptable& value : other.listed) {
    if (listed.size() < kMostListed) listed.push_back(std::move(value));
  }
}

void treat(const EncryptedColumn& column, const std::vector<StoredValue>& page, const Keyring& ring, Rotation rotation,
           const SendChanges& send, Tally& tally) {
  tally.records = page.size();
  std::vector<ChangedValue> changes;
  for (const StoredValue& value : page) {
    try {
      Envelope envelope = Envelope::parse(value.payload);
      // Names that are not ours may be anything, and any number of them.
      ++tally.keys[ring.knows(envelope.key_id()) ? envelope.key_id() : std::string()];
      const bool old = envelope.key_id() != ring.primary_id();
      if (rotation == Rotation::verify || (old && rotation == Rotation::rehearse)) envelope.open(ring);
      if (!old) {
        tally.unlike += is_under_key(value.payload, ring.primary_id()) ? 0 : 1;
        continue;
      }
      if (rotation == Rotation::reencrypt) envelope.reencrypt(ring);
      if (rotation == Rotation::rewrap) envelope.rewrap(ring);
      ++tally.old;
      if (rotation == Rotation::reencrypt || rotation == Rotation::rewrap) {
        changes.push_back({&value, envelope.payload()});
      }
    } catch (const Failure& failure) {
      if (failure.error().kind != ErrorKind::secret) throw;
      ++tally.undecryptable;
      tally.unlike += is_under_key(value.payload, ring.primary_id()) ? 0 : 1;
      if (tally.listed.size() < kMostListed) {
        tally.listed.push_back({column.shown(), shown_key(column, value), failure.error().message});
      }
    }
  }
  if (!changes.empty()) send(changes, tally.changed);
}

}  // namespace dunlin::secrets
