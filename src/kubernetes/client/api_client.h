// Requests to one API server.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "kubernetes/client/api_answer.h"
#include "kubernetes/client/credentials.h"
#include "net/http_connection.h"

namespace dunlin::kubernetes {

// How a change is written down: the content types of PATCH.
inline constexpr std::string_view kMergePatch = "application/merge-patch+json";
inline constexpr std::string_view kJsonPatch = "application/json-patch+json";
inline constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";
inline constexpr std::string_view kJsonBody = "application/json";

struct ApiCall {
  std::string_view method = "GET";
  std::string path;  // with its query
  std::string_view content_type = kJsonBody;
  std::string body{};
  std::chrono::milliseconds timeout{30'000};  // for all of it, also for trying again
};

struct ApiClientOptions {
  std::string user_agent;
  const Interrupt* interrupt = nullptr;                                        // ends every wait; may be null
  std::function<void(std::string_view method, unsigned code)> on_answer = {};  // any thread
  std::function<void(std::string_view warning)> on_warning = {};               // any thread
};

// An answer without an end, line by line. For one thread.
class ApiStream {
 public:
  ApiStream(net::HttpConnection connection, std::optional<ApiAnswer> refusal, const Interrupt* interrupt)
      : connection_(std::move(connection)), refusal_(std::move(refusal)), interrupt_(interrupt) {}

  // Set when the server refused; then there are no lines.
  const std::optional<ApiAnswer>& refusal() const { return refusal_; }

  // The next line without its end; empty (nullopt) when the server has ended it. Throws Failure (connect, timeout,
  // interrupted).
  std::optional<std::string> next_line(std::chrono::milliseconds patience);

 private:
  net::HttpConnection connection_;
  std::optional<ApiAnswer> refusal_;
  const Interrupt* interrupt_;
  std::string unread_;
  std::size_t searched_ = 0;
};

// Any thread may call any of it. Connections are kept and used again.
class ApiClient {
 public:
  ApiClient(ClusterConfig, ApiClientOptions, Clock& = Clock::real());

  // Waits and tries again where the server says when (Retry-After), and once where a kept connection turns out to be
  // dead before a GET was answered. Throws Failure (config, connect, timeout, interrupted).
  ApiAnswer call(const ApiCall&);

  ApiAnswer get(std::string path) { return call({.path = std::move(path)}); }
  ApiAnswer create(std::string path, const Json& object);
  ApiAnswer replace(std::string path, const Json& object);
  ApiAnswer patch(std::string path, std::string_view content_type, const Json& change);
  // Null `options` deletes as the server likes it.
  ApiAnswer remove(std::string path, const Json& options = {});

  // A watch: its connection is its own.
  ApiStream open_stream(const std::string& path);

  const ClusterConfig& config() const { return credentials_.config(); }

 private:
  struct Idle {
    net::HttpConnection connection;
    unsigned tls_number;
    Clock::Steady since;
  };

  ApiAnswer call_once(const ApiCall&, const net::Patience&);
  net::HttpConnection connect(const Access&, const net::Patience&);
  std::optional<net::HttpConnection> take_idle(unsigned tls_number);
  void keep(net::HttpConnection, unsigned tls_number);
  net::HttpHead send(net::HttpConnection&, const ApiCall&, const Access&, const net::Patience&);

  Credentials credentials_;
  const ApiClientOptions options_;
  Clock& clock_;
  std::string host_;
  std::uint16_t port_;
  std::string base_path_;  // without a slash at its end
  std::mutex mutex_;
  std::deque<Idle> idle_;
};

}  // namespace dunlin::kubernetes
