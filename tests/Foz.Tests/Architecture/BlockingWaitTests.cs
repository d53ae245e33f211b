using Mono.Cecil;

namespace Foz.Tests.Architecture;

/// <summary>Holds that threads wait for tasks only where what calls them is synchronous.</summary>
public sealed class BlockingWaitTests
{
    /// <summary>The types that do, each with a comment why at the place.</summary>
    static readonly string[] known =
    [
        "Foz.Cli.Commands.Querying.NameIndex", "Foz.Cli.Commands.Workspace", "Foz.Lake.Engine.Functions.StreamFunction",
        "Foz.Pipelines.Projects.Reading.ProjectBuilder", "Foz.Pipelines.Runs.Steps.ProjectLake",
        "Foz.Storage.LocalObjectStore",
    ];

    [Fact]
    public void Only_known_types_block_a_thread_until_a_task_is_done() => Assert.Equal(
        known,
        ArchitectureTests.Projects.SelectMany(project =>
        {
            using var module = TypeUses.Open(project);
            return module.Types.Where(HasBlockingWait).Select(type => type.FullName).ToList();
        }).Order(StringComparer.Ordinal));

    [Fact]
    public void A_wait_is_found_and_an_await_is_not()
    {
        using var module = ModuleDefinition.ReadModule(typeof(BlockingWaitTests).Assembly.Location);
        var own = module.GetType(typeof(BlockingWaitTests).FullName);

        Assert.All(own.NestedTypes.Where(type => type.Name.StartsWith("Waiting", StringComparison.Ordinal)),
            type => Assert.True(HasBlockingWait(type), type.Name));
        Assert.False(HasBlockingWait(own.NestedTypes.Single(type => type.Name == nameof(Awaiting))));
    }

    static bool HasBlockingWait(TypeDefinition type) =>
        // The compiler has the entry point of a program wait for what is written there.
        type.Methods.Where(method => method.HasBody && method != type.Module.EntryPoint).Any(
            method => method.Body.Instructions.Any(
                instruction => instruction.Operand is MethodReference called && IsWait(called, IsAsync(type))))
        || type.NestedTypes.Any(HasBlockingWait);

    /// <summary>Whether a call blocks: what <c>await</c> becomes does not, as it asks a task that is done.</summary>
    static bool IsWait(MethodReference called, bool isInAsync) =>
        called.DeclaringType.Namespace switch
        {
            "System.Threading.Tasks" when called.DeclaringType.Name is "Task" or "Task`1" =>
                called.Name is "Wait" or "WaitAll" or "WaitAny" or "get_Result",
            "System.Runtime.CompilerServices" => called.Name == "GetResult" && !isInAsync,
            _ => false,
        };

    static bool IsAsync(TypeDefinition type) =>
        type.Interfaces.Any(one => one.InterfaceType.Name is "IAsyncStateMachine");

    static class WaitingForTask
    {
        public static void Run(Task task) => task.Wait();
    }

    static class WaitingForResult
    {
        public static int Run(Task<int> task) => task.Result;
    }

    static class WaitingForAwaiter
    {
        public static int Run(ValueTask<int> task) => task.GetAwaiter().GetResult();
    }

    static class WaitingInAsync
    {
        public static async Task<int> RunAsync(Task<int> task)
        {
            await Task.Yield();
            return task.Result;
        }
    }

    static class Awaiting
    {
        public static async Task<int> RunAsync(Task<int> task, ValueTask other)
        {
            await other;
            return await task;
        }
    }
}
