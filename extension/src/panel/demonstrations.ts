/** The data sets that come with fedlab, `fedlab_kernel/datasets`. */
export const DEMONSTRATIONS = [
  {
    name: 'heart',
    about: 'Patients who were examined for heart disease; synthetic, with well-known columns.'
  },
  { name: 'cohort', about: 'A synthetic cohort with visits, dates, rates and survival.' },
  { name: 'breast-cancer', about: 'Cell nuclei of a biopsy, and whether it was cancer.' },
  { name: 'diabetes', about: 'Patients at baseline, and how the disease progressed in a year.' },
  { name: 'digits', about: 'Small handwritten digits, to train a model on images.' }
];
