// The endpoints of `dunlin serve`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/project.h"
#include "net/event_loop.h"
#include "net/http_message.h"
#include "server/database_look.h"
#include "server/health.h"
#include "server/named_check.h"
#include "server/run_metrics.h"
#include "server/shared_answer.h"

namespace dunlin::server {

struct ServiceOptions {
  std::vector<NamedCheck> checks;
  bool ready_strict = false;
  // Whether everybody who can reach it may read more than status words and numbers.
  bool open = false;
  // A file with the token that may read everything; read anew for each request that brings one. Empty: there is none.
  std::string token_file;
  // Where runs keep their metrics; empty: nowhere.
  std::string metrics_file;
  Freshness freshness;

  // The document of /api/v1/migrations.
  std::function<std::string(const Snapshot&)> migrations_document;
  // Takes secrets out of a message.
  std::function<std::string(std::string_view)> mask;
  // Told when the whole becomes better or worse. `why` is empty for Health::ok.
  std::function<void(Health, const std::string& why)> changed;
  std::function<void(const std::string&)> warn;
};

class Service {
 public:
  // All of them outlive this. The interrupt ends looks and checks that are under way: who asked is told that there was
  // no answer.
  Service(net::EventLoop&, const Project&, Clock&, const Interrupt&, ServiceOptions);

  // On the loop's thread.
  void handle(const net::HttpRequest&, const net::Respond&);

 private:
  struct Checkup {
    std::shared_ptr<const DatabaseLook> database;
    std::shared_ptr<const std::vector<CheckAnswer>> checks;
  };

  void with_checkup(const std::function<void(const Checkup&)>& use);
  void notice(const Checkup&);
  bool may_read_all(const net::HttpRequest&) const;

  net::HttpResponse health(bool all) const;
  // Null: the database has not answered yet.
  net::HttpResponse ready(const DatabaseLook*, bool all);
  net::HttpResponse check_up(const Checkup&, bool all) const;
  net::HttpResponse migrations(const DatabaseLook&) const;
  net::HttpResponse metrics(const Checkup&, bool all) const;
  RunMetricsByDatabase run_metrics() const;

  const Project& project_;
  ServiceOptions options_;
  std::string database_name_;
  DatabaseWatch watch_;
  bool was_ready_ = false;
  Health last_health_ = Health::ok;
  // Last, so that their threads end first.
  SharedAnswer<DatabaseLook> look_;
  SharedAnswer<std::vector<CheckAnswer>> check_answers_;
};

}  // namespace dunlin::server
