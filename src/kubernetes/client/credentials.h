// How we are believed by an API server: tokens, client certificates and passwords, which others replace while we run.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "kubernetes/client/cluster_config.h"
#include "net/http_connection.h"

namespace dunlin::kubernetes {

// What a connection and its requests are made with.
struct Access {
  std::shared_ptr<const net::TlsClient> tls;  // null for http://
  net::HttpHeaders headers;                   // hold secrets
  // Grows when `tls` changes: connections of an older number are not to be used any longer.
  unsigned tls_number = 0;
};

// Any thread may call any of it.
class Credentials {
 public:
  explicit Credentials(ClusterConfig, Clock& = Clock::real());
  ~Credentials();

  // Files are read again when their time has come, a plugin is run when its credential has ended. What cannot be read
  // leaves the old in place, where there is one. Throws Failure (config).
  Access access();
  // The server answered 401: what was read from a file or a plugin is asked for anew.
  void refused();

  const ClusterConfig& config() const { return config_; }

 private:
  void refresh_token();
  void refresh_tls();
  void refresh_plugin();

  const ClusterConfig config_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<std::string> token_;
  net::TlsSettings tls_settings_;
  Access access_;
  std::optional<Clock::Steady> read_token_after_;
  std::optional<Clock::Steady> read_tls_after_;
  std::optional<std::chrono::system_clock::time_point> plugin_ends_;
  bool plugin_ran_ = false;
};

}  // namespace dunlin::kubernetes
