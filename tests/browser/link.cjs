// Asks through extension/src/link.ts while the kernel's subshell never comes; says what becomes of the question.
// Null would be an answer, that the cell is no query; what is shown of it would go.
const [extension] = process.argv.slice(2);
const { readFileSync } = require('fs');
const ts = require(`${extension}/node_modules/typescript`);

global.window = { setTimeout: (what, wait) => setTimeout(what, wait / 20), clearTimeout };
const source = name => readFileSync(`${extension}/src/${name}.ts`, 'utf8');
const options = { compilerOptions: { module: 'commonjs', target: 'es2022' } };
const load = name => {
  const module = { exports: {} };
  const required = one => (one.startsWith('./') ? load(one.slice(2)) : require(`${extension}/node_modules/${one}`));
  const types = one => (one.startsWith('@jupyterlab/') ? {} : required(one)); // of which only types are used
  new Function('require', 'exports', ts.transpileModule(source(name), options).outputText)(types, module.exports);
  return module.exports;
};

const signal = { connect: () => true };
const comms = [];
const kernel = {
  id: 'kernel',
  handleComms: true,
  supportsSubshells: true,
  info: Promise.resolve(),
  registerCommTarget: () => undefined,
  createComm: () => {
    comms.push({ open: () => undefined, subshellStarted: new Promise(() => undefined) });
    return comms[comms.length - 1];
  }
};
const { Link } = load('link');
const link = new Link({ kernelChanged: signal, statusChanged: signal, session: { kernel } });
comms[0].onMsg({ content: { data: { version: 1 } } });
const late = new Promise(resolve => setTimeout(() => resolve('for ever'), 3000));
Promise.race([link.ask('diagnostics', { text: '' }), late]).then(answer => {
  console.log(answer);
  process.exit(0);
});
