// Does with client-go what it reads on stdin, one JSON object a line, against the server that its argument names: for tests
// that hold what dunlin-operator sends against what client-go sends for the same. See ../client_go.py.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"net/http"
	"os"
	"time"

	authorization "k8s.io/api/authorization/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcore "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
)

type action struct {
	Do           string
	Group        string
	Version      string
	Resource     string
	Namespace    string
	Name         string
	Subresource  string
	FieldManager string
	Force        *bool
	PatchType    string
	Body         json.RawMessage
	// Of an election.
	Identity string
	// Of an event.
	About     core.ObjectReference
	Component string
	Type      string
	Reason    string
	Message   string
}

// How long anything may take. What is waited for is an answer of the server, so that it is not used up.
const patience = 2 * time.Minute

// Says of each answer that it has come, whole where it is that of a write.
type listener struct {
	next    http.RoundTripper
	answers chan string
}

func (l *listener) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := l.next.RoundTrip(request)
	if err == nil && request.Method != http.MethodGet {
		var body []byte
		if body, err = ioutil.ReadAll(response.Body); err != nil {
			return nil, err
		}
		response.Body.Close()
		response.Body = ioutil.NopCloser(bytes.NewReader(body))
		l.answers <- request.Method
	}
	return response, err
}

func (l *listener) await(method string) error {
	deadline := time.After(patience)
	for {
		select {
		case seen := <-l.answers:
			if seen == method {
				return nil
			}
		case <-deadline:
			return fmt.Errorf("no %s was answered", method)
		}
	}
}

type client struct {
	dynamic  dynamic.Interface
	typed    *kubernetes.Clientset
	listener *listener
}

func newClient(server string) (*client, error) {
	made := &client{listener: &listener{answers: make(chan string, 1000)}}
	config := &rest.Config{Host: server}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		made.listener.next = next
		return made.listener
	})
	var err error
	if made.dynamic, err = dynamic.NewForConfig(config); err != nil {
		return nil, err
	}
	made.typed, err = kubernetes.NewForConfig(config)
	return made, err
}

func (c *client) resource(a action) dynamic.ResourceInterface {
	all := c.dynamic.Resource(schema.GroupVersionResource{Group: a.Group, Version: a.Version, Resource: a.Resource})
	if a.Namespace == "" {
		return all
	}
	return all.Namespace(a.Namespace)
}

func (a action) object() (*unstructured.Unstructured, error) {
	object := &unstructured.Unstructured{}
	return object, json.Unmarshal(a.Body, &object.Object)
}

func (a action) subresources() []string {
	if a.Subresource == "" {
		return nil
	}
	return []string{a.Subresource}
}

func (c *client) create(ctx context.Context, a action) error {
	object, err := a.object()
	if err == nil {
		_, err = c.resource(a).Create(ctx, object, meta.CreateOptions{FieldManager: a.FieldManager}, a.subresources()...)
	}
	return err
}

func (c *client) update(ctx context.Context, a action) error {
	object, err := a.object()
	if err == nil {
		_, err = c.resource(a).Update(ctx, object, meta.UpdateOptions{FieldManager: a.FieldManager}, a.subresources()...)
	}
	return err
}

func (c *client) patch(ctx context.Context, a action) error {
	_, err := c.resource(a).Patch(ctx, a.Name, types.PatchType(a.PatchType), a.Body,
		meta.PatchOptions{FieldManager: a.FieldManager, Force: a.Force}, a.subresources()...)
	return err
}

func (c *client) delete(ctx context.Context, a action) error {
	var options meta.DeleteOptions
	if err := json.Unmarshal(a.Body, &options); err != nil {
		return err
	}
	options.TypeMeta = meta.TypeMeta{}
	return c.resource(a).Delete(ctx, a.Name, options)
}

func (c *client) review(ctx context.Context, a action) error {
	if a.Namespace != "" {
		var review authorization.LocalSubjectAccessReview
		if err := json.Unmarshal(a.Body, &review); err != nil {
			return err
		}
		_, err := c.typed.AuthorizationV1().LocalSubjectAccessReviews(a.Namespace).Create(ctx, &review, meta.CreateOptions{})
		return err
	}
	var review authorization.SubjectAccessReview
	if err := json.Unmarshal(a.Body, &review); err != nil {
		return err
	}
	_, err := c.typed.AuthorizationV1().SubjectAccessReviews().Create(ctx, &review, meta.CreateOptions{})
	return err
}

// Ends with the first thing that a watch tells of.
type store struct {
	cache.Store
	told chan struct{}
}

func (s store) Add(object interface{}) error {
	select {
	case s.told <- struct{}{}:
	default:
	}
	return s.Store.Add(object)
}

func (c *client) reflect(ctx context.Context, a action) error {
	of := c.resource(a)
	source := &cache.ListWatch{
		ListFunc:  func(options meta.ListOptions) (runtime.Object, error) { return of.List(ctx, options) },
		WatchFunc: func(options meta.ListOptions) (watch.Interface, error) { return of.Watch(ctx, options) },
	}
	into := store{cache.NewStore(cache.MetaNamespaceKeyFunc), make(chan struct{}, 1)}
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		cache.NewReflector(source, &unstructured.Unstructured{}, into, 0).Run(stop)
		close(ended)
	}()
	defer func() { close(stop); <-ended }()
	select {
	case <-into.told:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("the watch of %s told nothing", a.Resource)
	}
}

// Takes the lease, renews it once, and gives it back.
func (c *client) lead(ctx context.Context, a action) error {
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  meta.ObjectMeta{Namespace: a.Namespace, Name: a.Name},
		Client:     c.typed.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: a.Identity},
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 50 * time.Millisecond,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) {
				defer stop()
				failed = c.listener.await(http.MethodPut)
			},
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return err
	}
	elector.Run(ctx)
	return failed
}

// The same event twice: it is written, and then counted.
func (c *client) event(_ context.Context, a action) error {
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcore.EventSinkImpl{Interface: c.typed.CoreV1().Events("")})
	recorder := broadcaster.NewRecorder(scheme.Scheme, core.EventSource{Component: a.Component})
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		recorder.Event(&a.About, a.Type, a.Reason, a.Message)
		if err := c.listener.await(method); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) do(ctx context.Context, a action) error {
	var err error
	switch a.Do {
	case "get":
		_, err = c.resource(a).Get(ctx, a.Name, meta.GetOptions{}, a.subresources()...)
	case "list":
		_, err = c.resource(a).List(ctx, meta.ListOptions{})
	case "create":
		err = c.create(ctx, a)
	case "update":
		err = c.update(ctx, a)
	case "patch":
		err = c.patch(ctx, a)
	case "delete":
		err = c.delete(ctx, a)
	case "review":
		err = c.review(ctx, a)
	case "discover":
		_, err = c.typed.Discovery().ServerResourcesForGroupVersion(a.Group + "/" + a.Version)
	case "reflect":
		err = c.reflect(ctx, a)
	case "lead":
		err = c.lead(ctx, a)
	case "event":
		err = c.event(ctx, a)
	default:
		err = fmt.Errorf("it is not known how")
	}
	return err
}

func run(server string) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		// Each has its own, so that no answer to another is taken for its own.
		c, err := newClient(server)
		if err != nil {
			return err
		}
		var a action
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return err
		}
		ctx, stop := context.WithTimeout(context.Background(), patience)
		err = c.do(ctx, a)
		stop()
		if err != nil {
			return fmt.Errorf("%s %s: %w", a.Do, a.Resource, err)
		}
		fmt.Println(a.Do)
	}
	return lines.Err()
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
