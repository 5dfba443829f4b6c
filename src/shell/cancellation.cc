#include "shell/cancellation.h"

#include <atomic>

#include "shell/line_editor.h"

namespace dunlin::shell {
namespace {

constexpr int kSignals[3] = {SIGINT, SIGTERM, SIGHUP};

std::atomic<Interrupt*> running{nullptr};
std::atomic<Interrupt*> stopping{nullptr};

extern "C" void on_console_signal(int signal) {
  if (Interrupt* now = running.load()) now->request(signal);
  if (signal == SIGINT) {
    LineEditor::note_cancel();
  } else if (Interrupt* stop = stopping.load()) {
    stop->request(signal);
  }
}

}  // namespace

Cancellation::Cancellation(Interrupt& stop) {
  stopping = &stop;
  struct sigaction action{};
  action.sa_handler = on_console_signal;
  ::sigemptyset(&action.sa_mask);
  for (int i = 0; i < 3; ++i) ::sigaction(kSignals[i], &action, &before_[i]);
}

Cancellation::~Cancellation() {
  for (int i = 0; i < 3; ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  running = nullptr;
  stopping = nullptr;
}

Interrupt& Cancellation::fresh() {
  previous_ = std::move(current_);
  current_ = std::make_unique<Interrupt>();
  running = current_.get();
  // Pressed between the end of the line and now.
  if (LineEditor::cancel_noted()) current_->request(SIGINT);
  return *current_;
}

void Cancellation::rest() noexcept {
  running = nullptr;
}

}  // namespace dunlin::shell
