#include "proxy.h"

#include <array>
#include <regex>
#include <stdexcept>

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dunlin::testing {
namespace {

int listen_somewhere(int& port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(descriptor, 8) != 0) {
    throw std::runtime_error("cannot listen on the loopback");
  }
  socklen_t size = sizeof address;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return descriptor;
}

int connect_to(const std::string& host, const std::string& port) {
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), nullptr, &found) != 0) throw std::runtime_error("no such host");
  const int descriptor = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(descriptor, found->ai_addr, found->ai_addrlen) != 0) throw std::runtime_error("cannot connect");
  ::freeaddrinfo(found);
  return descriptor;
}

// False at the end of the stream.
bool forward(int from, int to, bool drop) {
  std::array<char, 16384> buffer;
  const ssize_t got = ::recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  return drop || ::send(to, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

}  // namespace

SilentServer::SilentServer() {
  listening_ = listen_somewhere(port_);
}
SilentServer::~SilentServer() {
  ::close(listening_);
}

Proxy::Proxy(const std::string& url) {
  std::smatch parts;
  static const std::regex full("^([a-z]+://)([^@/]*@)?([^:/@]+):([0-9]+)(/.*)$");
  if (!std::regex_match(url, parts, full)) throw std::runtime_error("a proxy needs a URL with host and port");
  host_ = parts[3];
  port_ = parts[4];
  int port = 0;
  listening_ = listen_somewhere(port);
  url_ = fmt::format("{}{}127.0.0.1:{}{}", parts[1].str(), parts[2].str(), port, parts[5].str());
  thread_ = std::thread([this] { work(); });
}

Proxy::~Proxy() {
  stop_ = true;
  thread_.join();
  ::close(listening_);
}

void Proxy::work() {
  while (!stop_ && !cut_) {
    pollfd coming{listening_, POLLIN, 0};
    if (::poll(&coming, 1, 10) <= 0) continue;
    const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    const int server = connect_to(host_, port_);
    bool open = true;
    while (open && !stop_ && !cut_) {
      std::array<pollfd, 2> both{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
      if (::poll(both.data(), both.size(), 10) <= 0) continue;
      if (both[0].revents != 0) open = forward(client, server, false);
      if (open && both[1].revents != 0) open = forward(server, client, drop_);
    }
    ::close(client);
    ::close(server);
  }
}

}  // namespace dunlin::testing
