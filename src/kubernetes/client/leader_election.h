// One of several replicas leads: whoever holds a Lease (coordination.k8s.io/v1), in the way of client-go, so that ours
// and theirs could take turns on one.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kubernetes/client/api_client.h"

namespace dunlin::kubernetes {

struct LeaderElectionOptions {
  std::string name_space;
  std::string name;
  std::string identity;  // of this process; unlike any other's
  std::chrono::milliseconds lease{15'000};
  std::chrono::milliseconds renew_within{10'000};
  std::chrono::milliseconds retry_every{2'000};
};

// Whether a holder is alive is told by our own clock: since when its record has not changed. Clocks are never compared.
class LeaderElection {
 public:
  // The client should be one without an interrupt: the lease is given back after it.
  LeaderElection(ApiClient&, LeaderElectionOptions, const Interrupt&,
                 std::function<void(const std::string&)> on_problem = {}, Clock& = Clock::real());

  // Waits until we lead; false when the interrupt came first.
  bool acquire();
  // Keeps it until the interrupt (true) or until it is lost (false): then another may lead already, and this process is
  // to end at once.
  bool keep();
  // Who had it when it was read last; empty: nobody.
  const std::string& holder() const;
  // Gives it back, so that the next one need not wait for its end. Does nothing when we do not hold it.
  void release();

 private:
  bool try_once();
  bool write(const Json& lease, bool exists);
  Json record(const Json& lease, std::chrono::milliseconds duration) const;
  ApiAnswer ask(std::string_view method, std::string path, const Json& lease);
  std::chrono::milliseconds left() const;
  void problem(const std::string& text) const;

  ApiClient& api_;
  const LeaderElectionOptions options_;
  const Interrupt& interrupt_;
  std::function<void(const std::string&)> on_problem_;
  Clock& clock_;
  Json seen_;  // spec of the lease as it was seen last
  Clock::Steady seen_since_;
  std::optional<Clock::Steady> until_;  // while it is kept: it has to be renewed by then
  Json held_;                           // the lease as we wrote it last; null while somebody else has it
};

}  // namespace dunlin::kubernetes
