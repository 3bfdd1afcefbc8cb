//===- Completion.cpp - completion of command lines -----------------------===//
//
// Part of dpc, under the Apache License v2.0 with LLVM Exceptions.
//
//===----------------------------------------------------------------------===//

#include "tools/dpc/Completion.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

using namespace llvm;

namespace {

/// What completion knows of an option.
struct Entry {
  std::vector<std::string> names; ///< with dashes; none: a word without
  std::string help;               ///< in a few words
  bool takesValue = false, isFile = false;
  std::vector<std::string> words; ///< that the value may be; empty: any
};

struct Command {
  std::string name, help;
  std::vector<Entry> entries;
};

} // namespace

/// The part of a help text that fits into a line.
static std::string shorten(StringRef help) {
  for (StringRef end : {"\n", ": ", "; ", " (", ", where", ", with", ", e.g."})
    help = help.split(end).first;
  return help.str();
}

static Entry describe(const CLI::Option &option) {
  Entry entry;
  for (const std::string &name : option.get_snames())
    entry.names.push_back("-" + name);
  for (const std::string &name : option.get_lnames())
    entry.names.push_back("--" + name);
  entry.help = shorten(option.get_description());
  entry.takesValue = option.get_items_expected_max() > 0;
  std::string type = option.get_type_name();
  entry.isFile = type == "FILE";
  StringRef list = StringRef(type).split('{').second.split('}').first;
  for (StringRef word : split(list, ", "))
    if (!word.empty())
      entry.words.push_back(word.str());
  return entry;
}

static std::vector<Entry> describeOptions(const CLI::App &app) {
  std::vector<Entry> entries;
  for (const CLI::Option *option : app.get_options())
    entries.push_back(describe(*option));
  return entries;
}

static std::vector<Command> describeCommands(const CLI::App &app) {
  std::vector<Command> commands;
  for (const CLI::App *command :
       app.get_subcommands([](const CLI::App *) { return true; }))
    commands.push_back({command->get_name(),
                        shorten(command->get_description()),
                        describeOptions(*command)});
  return commands;
}

static std::string listNames(const std::vector<Entry> &entries) {
  std::string text;
  for (const Entry &entry : entries)
    for (const std::string &name : entry.names)
      text += (text.empty() ? "" : " ") + name;
  return text;
}

std::string dpc::makeBashCompletion(const CLI::App &app) {
  std::vector<Command> commands = describeCommands(app);
  std::string names;
  for (const Command &command : commands)
    names += command.name + " ";
  std::string text =
      R"(# Completion of dpc for bash, made by 'dpc completion bash'.

_dpc_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

_dpc_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_dpc() {
  local cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # In --flag=value, the sign is a word of its own.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $flag == = ]]; then
    flag=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  if ((COMP_CWORD == 1)); then
    _dpc_words ")" +
      names + listNames(describeOptions(app)) + R"("
    return
  fi
  case ${COMP_WORDS[1]} in
)";
  for (const Command &command : commands) {
    text += "  " + command.name + ")\n    case $flag in\n";
    std::string words; // that stand without a dash
    for (const Entry &entry : command.entries) {
      if (entry.names.empty()) {
        for (const std::string &word : entry.words)
          words += (words.empty() ? "" : " ") + word;
        continue;
      }
      if (!entry.takesValue)
        continue;
      text += "    " + join(entry.names, " | ") + ") ";
      if (entry.isFile)
        text += "_dpc_files; ";
      else if (!entry.words.empty())
        text += "_dpc_words \"" + join(entry.words, " ") + "\"; ";
      text += "return ;;\n";
    }
    text += "    esac\n    if [[ $cur == -* ]]; then\n      _dpc_words \"" +
            listNames(command.entries) + "\"\n    else\n      " +
            (words.empty() ? "_dpc_files" : "_dpc_words \"" + words + "\"") +
            "\n    fi\n    ;;\n";
  }
  return text + "  esac\n}\n\ncomplete -F _dpc dpc\n";
}

/// Within single quotes, as a part of what _arguments takes.
static std::string quote(StringRef text) {
  std::string result;
  for (char c : text) {
    if (c == '\'')
      result += "'\\'";
    else if (StringRef("[]:\\").contains(c))
      result += '\\';
    result += c;
  }
  return result;
}

/// What may follow an option, or stand without one.
static std::string getAction(const Entry &entry) {
  if (entry.isFile)
    return "_files";
  if (entry.words.empty())
    return " ";
  return "(" + join(entry.words, " ") + ")";
}

std::string dpc::makeZshCompletion(const CLI::App &app) {
  std::vector<Command> commands = describeCommands(app);
  std::string text = R"(#compdef dpc
# Completion of dpc for zsh, made by 'dpc completion zsh'.

_dpc() {
  local context state line
  local -a commands=(
)";
  for (const Command &command : commands)
    text += "    '" + command.name + ":" + quote(command.help) + "'\n";
  text += "  )\n  _arguments -C";
  for (const Entry &entry : describeOptions(app))
    for (const std::string &name : entry.names)
      text += " '" + name + "[" + quote(entry.help) + "]'";
  text += R"( \
    '1: :->command' '*:: :->rest'
  case $state in
  command) _describe command commands ;;
  rest)
    case $words[1] in
)";
  for (const Command &command : commands) {
    text += "    " + command.name + ")\n      _arguments";
    for (const Entry &entry : command.entries) {
      // All but flags may come again.
      for (const std::string &name : entry.names)
        text += " \\\n        '" + std::string(entry.takesValue ? "*" : "") +
                name + "[" + quote(entry.help) + "]" +
                (entry.takesValue ? ":value:" + getAction(entry) : "") + "'";
      if (entry.names.empty())
        text += " \\\n        '*:" + quote(entry.help) + ":" +
                getAction(entry) + "'";
    }
    text += "\n      ;;\n";
  }
  return text + "    esac\n    ;;\n  esac\n}\n\n_dpc \"$@\"\n";
}
