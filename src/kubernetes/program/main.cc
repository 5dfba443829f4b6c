#include <string>
#include <vector>

#include "base/process.h"
#include "kubernetes/program/program.h"

int main(int argc, char** argv) {
  dunlin::forbid_core_files();
  // For the whole life of the process: the signal handler points at it.
  static dunlin::Interrupt interrupt;
  dunlin::handle_signals(interrupt);
  const std::vector<std::string> words(argv, argv + argc);
  return dunlin::program::run_program(words, interrupt);
}
