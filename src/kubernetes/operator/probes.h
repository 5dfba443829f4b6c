// What a kubelet asks: does it live, is it ready?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/http_message.h"

namespace dunlin::manager {

struct ProbeCheck {
  std::string name;
  // What is wrong, without secrets; empty when nothing is. Does not block.
  std::function<std::string()> problem;
};

// GET /healthz and /readyz, in the words of the API server's own: `ok`, or 500 with a line for every check. A check
// alone is /readyz/NAME.
class Probes {
 public:
  Probes(std::vector<ProbeCheck> health, std::vector<ProbeCheck> readiness)
      : health_(std::move(health)), readiness_(std::move(readiness)) {}

  // Any thread.
  void handle(const net::HttpRequest&, const net::Respond&) const;

 private:
  const std::vector<ProbeCheck> health_;
  const std::vector<ProbeCheck> readiness_;
};

}  // namespace dunlin::manager
