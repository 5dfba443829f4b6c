// Bad networks, made in the test's own process.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace dunlin::testing {

// Takes connections and never says a word.
class SilentServer {
 public:
  SilentServer();
  ~SilentServer();
  int port() const { return port_; }

 private:
  int listening_ = -1;
  int port_ = 0;
};

// Forwards one connection to a server until told otherwise.
class Proxy {
 public:
  explicit Proxy(const std::string& url);
  ~Proxy();
  // The same URL through the proxy.
  std::string url() const { return url_; }
  void cut() { cut_ = true; }
  // What the server says is thrown away; what the client says still reaches it.
  void drop_answers() { drop_ = true; }

 private:
  void work();
  int listening_ = -1;
  std::string host_;
  std::string port_;
  std::string url_;
  std::atomic<bool> cut_{false};
  std::atomic<bool> drop_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace dunlin::testing
