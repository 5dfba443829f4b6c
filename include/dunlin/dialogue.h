// A connection that a person talks over: any statement, one at a time, its rows handed on as they come.
//
// A Dialogue belongs to one thread. Only Interrupt crosses threads.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dunlin/error.h"
#include "dunlin/interrupt.h"
#include "dunlin/server_info.h"

namespace dunlin {

struct SourceStatement;

enum class CellKind { null, text, number, boolean, json };

// A value as the server prints it; a boolean is "true" or "false". The text lives until RowSink::row returns.
struct Cell {
  CellKind kind = CellKind::null;
  std::string_view text;
};

// Who is given a statement's answer. None of them may throw.
class RowSink {
 public:
  virtual ~RowSink() = default;
  // Once, before the first row, for a statement that answers with rows, also with none.
  virtual void columns(std::span<const std::string> names) = 0;
  // False: enough; the statement is cancelled.
  virtual bool row(std::span<const Cell> cells) = 0;
  // What COPY ... TO STDOUT sends, as it is.
  virtual bool copied(std::string_view data) = 0;
};

struct Answer {
  // What the server says it has done: "UPDATE 3".
  std::string tag;
  // kind interrupted when the interrupt, or the sink, ended it; safety where a reading dialogue refused it.
  std::optional<Error> error;
  // The connection is gone, and with it what was open.
  bool lost = false;
  std::chrono::nanoseconds took{};
};

enum class TransactionState { none, open, failed };

class Dialogue {
 public:
  virtual ~Dialogue() = default;

  virtual const ServerInfo& server() const = 0;
  // `statement` is one statement, without its final semicolon. A dialogue that was opened with
  // SessionOptions::read_only changes nothing that is in the database, whatever the statement says.
  virtual Answer run(const SourceStatement& statement, const Interrupt&, RowSink&) = 0;
  virtual TransactionState transaction() const = 0;
};

}  // namespace dunlin
