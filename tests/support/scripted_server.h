// A server of a test's own: it hands each HTTP request to a function and sends, byte for byte, what that gives.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dunlin {

class ScriptedServer {
 public:
  struct Request {
    std::string head;  // with its line and headers
    std::string body;
    // "GET /path?query"
    std::string line() const { return head.substr(0, head.find(" HTTP/")); }
  };
  struct Reply {
    std::vector<std::string> pieces;
    std::chrono::milliseconds between{0};  // before each piece but the first
    bool close = false;                    // after the last
  };
  using Handler = std::function<Reply(const Request&, int number)>;  // on any thread; numbers count from 1

  static Reply answer(int status, const std::string& body, const std::string& headers = {}) {
    return {.pieces = {fmt::format("HTTP/1.1 {} x\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}",
                                   status, headers, body.size(), body)}};
  }
  // An answer without an end: lines, as a watch has them, each in a chunk of its own.
  static Reply lines(const std::vector<std::string>& lines, bool ended) {
    Reply reply{.pieces = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"}};
    for (const std::string& line : lines)
      reply.pieces.push_back(fmt::format("{:x}\r\n{}\n\r\n", line.size() + 1, line));
    if (ended) reply.pieces.emplace_back("0\r\n\r\n");
    return reply;
  }

  explicit ScriptedServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }

  ~ScriptedServer() {
    ending_ = true;
    acceptor_.join();
    for (std::thread& each : conversations_) each.join();
    ::close(listener_);
  }

  std::uint16_t port() const { return port_; }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  int connections() const { return connections_; }

  std::vector<Request> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  // False when the test is over or the peer has gone.
  bool readable(int descriptor) const {
    while (!ending_) {
      pollfd look{.fd = descriptor, .events = POLLIN, .revents = 0};
      if (::poll(&look, 1, 20) > 0) return true;
    }
    return false;
  }

  void accept() {
    while (readable(listener_)) {
      const int peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      ++connections_;
      conversations_.emplace_back([this, peer] {
        converse(peer);
        ::close(peer);
      });
    }
  }

  bool read_more(int peer, std::string& into) const {
    char buffer[4096];
    if (!readable(peer)) return false;
    const ssize_t got = ::read(peer, buffer, sizeof buffer);
    if (got <= 0) return false;
    into.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  void converse(int peer) {
    std::string unread;
    while (true) {
      std::size_t end = 0;
      while ((end = unread.find("\r\n\r\n")) == std::string::npos) {
        if (!read_more(peer, unread)) return;
      }
      Request request{.head = unread.substr(0, end + 2), .body = {}};
      unread.erase(0, end + 4);
      const std::size_t at = request.head.find("Content-Length: ");
      const std::size_t size = at == std::string::npos ? 0 : std::stoul(request.head.substr(at + 16));
      while (unread.size() < size) {
        if (!read_more(peer, unread)) return;
      }
      request.body = unread.substr(0, size);
      unread.erase(0, size);
      int number = 0;
      {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(request);
        number = static_cast<int>(requests_.size());
      }
      const Reply reply = handler_(request, number);
      for (std::size_t i = 0; i < reply.pieces.size(); ++i) {
        if (i > 0) std::this_thread::sleep_for(reply.between);
        const std::string& piece = reply.pieces[i];
        if (::send(peer, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) return;
      }
      if (reply.close) return;
    }
  }

  const Handler handler_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0};
  std::thread acceptor_;
  std::list<std::thread> conversations_;
  mutable std::mutex mutex_;
  std::vector<Request> requests_;
};

}  // namespace dunlin
