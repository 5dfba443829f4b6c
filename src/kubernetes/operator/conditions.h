// A Migrator's conditions.
//
// MigrationsReady and Ready are migrations-operator's, word for word. Reconciling, Stalled and observedGeneration are
// what kstatus (kubectl wait, Flux, Argo CD) reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kubernetes/client/json.h"
#include "kubernetes/client/time.h"
#include "kubernetes/operator/verdict.h"

namespace dunlin::manager {

struct Condition {
  std::string type;
  Truth status = Truth::unknown;
  std::string reason;
  std::string message;
  // Since when `status` is what it is.
  kubernetes::Time since;
  std::int64_t observed_generation = 0;

  bool operator==(const Condition&) const = default;
};

class Conditions {
 public:
  // Of a status. Only the four above: what others have put there stays theirs.
  static Conditions read(const kubernetes::Json& conditions);

  // Null when there is none.
  const Condition* find(std::string_view type) const;

  // All four, from one verdict on the Migrator of this generation.
  void apply(const Verdict&, std::int64_t generation, kubernetes::Time now);

  kubernetes::Json to_json() const;

  bool operator==(const Conditions&) const = default;

 private:
  void set(Condition wanted);

  std::vector<Condition> all_;
};

}  // namespace dunlin::manager
