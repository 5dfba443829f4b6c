// A Migrator's conditions.
//
// MigrationsReady and Ready are migrations-operator's, word for word. Reconciling, Stalled and observedGeneration are
// what kstatus (kubectl wait, Flux, Argo CD) reads. Contracted is there where there is a contract command.
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
  // Of a status. Only those above: what others have put there stays theirs.
  static Conditions read(const kubernetes::Json& conditions);

  // Null when there is none.
  const Condition* find(std::string_view type) const;

  // All but Contracted, from one verdict on the Migrator of this generation.
  void apply(const Verdict&, std::int64_t generation, kubernetes::Time now);
  // Contracted: `ready` says whether. A contract that is stuck stalls the Migrator, too; to be called behind apply().
  void apply_contract(const Verdict&, std::int64_t generation, kubernetes::Time now);
  void forget_contract(std::int64_t generation, kubernetes::Time now);
  // What has the status that it had in `before` has had it since then, whatever it was in between.
  void keep_times(const Conditions& before);

  kubernetes::Json to_json() const;

  bool operator==(const Conditions&) const = default;

 private:
  void set(Condition wanted);
  void unstall_contract(std::int64_t generation, kubernetes::Time since);

  std::vector<Condition> all_;
};

}  // namespace dunlin::manager
