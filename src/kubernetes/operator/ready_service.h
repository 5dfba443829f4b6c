// The ready API as a service: answers from the cache, and asks the API server itself whether a Migrator is gone.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "kubernetes/client/api_client.h"
#include "kubernetes/operator/errands.h"
#include "kubernetes/operator/ready.h"
#include "net/http_message.h"

namespace dunlin::manager {

// In the cache; null when it has none. Any thread.
using FindMigrator =
    std::function<std::shared_ptr<const Migrator>(const std::string& namespace_name, const std::string& name)>;

// On the loop's thread. Outlives the errands; what it is made of outlives it.
class ReadyService {
 public:
  ReadyService(FindMigrator, const ReadyTokens&, kubernetes::ApiClient&, Errands&, Clock& = Clock::real());

  void handle(const net::HttpRequest&, const net::Respond&);

 private:
  using Key = std::pair<std::string, std::string>;
  // What the API server says of a Migrator that the cache has not: asked once for all who want to know.
  struct Look {
    bool under_way = true;
    bool gone = false;
    Clock::Steady until{};
    std::vector<std::pair<ReadyQuestion, net::Respond>> waiting;
  };

  void look(const ReadyQuestion&, const net::Respond&);
  void seen(const Key& key, bool gone);

  const FindMigrator find_;
  const ReadyTokens& tokens_;
  kubernetes::ApiClient& api_;
  Errands& errands_;
  Clock& clock_;
  std::map<Key, Look> looks_;
};

}  // namespace dunlin::manager
