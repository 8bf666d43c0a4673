package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// The settings of a command are its flags. What is not given as a flag may be
// in the environment, and what is not there in a file:
//
//	--mono-session-ttl 8h     FAWN_MONO_SESSION_TTL=8h     mono: { session_ttl: 8h }
//
// So a setting is said once, as a flag.

const settingsPrefix = "FAWN_"

// configFlag names the file of settings.
const configFlag = "config"

// loadSettings sets the flags of a command that were not given from the
// environment and the file of settings.
func loadSettings(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if err := fromEnvironment(flags.Lookup(configFlag), flags); err != nil {
		return err
	}
	file, err := readSettings(flags.Lookup(configFlag).Value.String())
	if err != nil {
		return err
	}
	var problems []error
	flags.VisitAll(func(f *pflag.Flag) {
		problems = append(problems, fromEnvironment(f, flags))
		if s := file.values[f.Name]; s != nil && f.Name != configFlag {
			s.known = true
			problems = append(problems, s.set(f, flags))
		}
	})
	if err := errors.Join(append(problems, file.unknown()...)...); err != nil {
		return err
	}
	return cmd.ValidateFlagGroups()
}

func fromEnvironment(f *pflag.Flag, flags *pflag.FlagSet) error {
	name := settingsPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
	text, ok := os.LookupEnv(name)
	if !ok || f.Changed {
		return nil
	}
	texts := []string{text}
	if isList(f) {
		texts = strings.Fields(text)
	}
	return setFlag(f, flags, name, texts)
}

// setFlag gives a flag a value, or several if it takes a list. The error does
// not repeat the value, which may be a secret.
func setFlag(f *pflag.Flag, flags *pflag.FlagSet, source string, texts []string) error {
	for _, text := range texts {
		if err := flags.Set(f.Name, text); err != nil {
			return fmt.Errorf("%s: it is no %s", source, f.Value.Type())
		}
	}
	return nil
}

func isList(f *pflag.Flag) bool {
	_, ok := f.Value.(pflag.SliceValue)
	return ok
}

// settingsFile is a file of settings by the names of flags.
type settingsFile struct {
	path   string
	values map[string]*fileSetting
	order  []string
}

// fileSetting is one setting of a file: its texts, of which a flag that is no
// list takes one, and where it stands.
type fileSetting struct {
	where string // "fawn.yaml:3: mono.session_ttl"
	texts []string
	list  bool
	known bool
}

func (s *fileSetting) set(f *pflag.Flag, flags *pflag.FlagSet) error {
	switch {
	case f.Changed:
		return nil
	case s.list && !isList(f):
		return fmt.Errorf("%s: it is a list, and must be a %s", s.where, f.Value.Type())
	}
	return setFlag(f, flags, s.where, s.texts)
}

// readSettings reads a file in YAML; "" is none.
func readSettings(path string) (*settingsFile, error) {
	out := &settingsFile{path: path, values: map[string]*fileSetting{}}
	if path == "" {
		return out, nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such file of settings", path)
	}
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return out, nil // an empty file
	}
	return out, out.take(doc.Content[0], nil)
}

// take reads a map of settings, and those within it: "mono: { session_ttl:
// 8h }" is mono-session-ttl.
func (f *settingsFile) take(n *yaml.Node, path []string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: settings are names with values", f.path, n.Line)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i], n.Content[i+1]
		path := append(path[:len(path):len(path)], key.Value)
		if v.Kind == yaml.MappingNode {
			if err := f.take(v, path); err != nil {
				return err
			}
			continue
		}
		s := &fileSetting{where: fmt.Sprintf("%s:%d: %s", f.path, key.Line, strings.Join(path, "."))}
		switch v.Kind {
		case yaml.ScalarNode:
			s.texts = []string{v.Value}
		case yaml.SequenceNode:
			s.list = true
			for _, item := range v.Content {
				if item.Kind != yaml.ScalarNode {
					return fmt.Errorf("%s: a list has values only", s.where)
				}
				s.texts = append(s.texts, item.Value)
			}
		default:
			return fmt.Errorf("%s: it has no value", s.where)
		}
		name := strings.ReplaceAll(strings.Join(path, "-"), "_", "-")
		if f.values[name] != nil {
			return fmt.Errorf("%s: it is set twice", s.where)
		}
		f.values[name] = s
		f.order = append(f.order, name)
	}
	return nil
}

// unknown are the settings of the file that no flag has the name of.
func (f *settingsFile) unknown() []error {
	var out []error
	for _, name := range f.order {
		if s := f.values[name]; !s.known {
			out = append(out, fmt.Errorf("%s: there is no such setting", s.where))
		}
	}
	return out
}
